/**
 * A file system whose power can be cut before any call, and that then keeps no more than fsync has promised: file content
 * since its last sync is lost, and a name made, moved or removed since its directory's last sync may be as before or as after.
 */
import { dirname } from 'node:path';
import type { Disk, Written } from '../../src/claims/disk';

interface File {
  text: string;
  synced: string;
}

export class PowerCut extends Error {}

export class CrashDisk implements Disk {
  readonly calls: string[] = [];
  private names = new Map<string, File>();
  private durableNames = new Map<string, File>();
  private directories = new Set<string>();
  private callsLeft = Infinity;

  /** Cuts the power before the call after the next `calls`. */
  cutAfter(calls: number): void {
    this.callsLeft = calls;
  }

  /** What is found when the power is back. `names`: those of the last sync, or all that were made since, too. */
  restart(names: 'synced' | 'latest'): CrashDisk {
    const disk = new CrashDisk();
    for (const [path, file] of names === 'synced' ? this.durableNames : this.names) {
      const kept = { text: file.synced, synced: file.synced };
      disk.names.set(path, kept);
      disk.durableNames.set(path, kept);
    }
    disk.directories = new Set(this.directories);
    return disk;
  }

  /** Puts a file there behind the ledger's back. */
  plant(path: string, text: string): void {
    const file = { text, synced: text };
    this.names.set(path, file);
    this.durableNames.set(path, file);
  }

  paths(): string[] {
    return [...this.names.keys()].sort();
  }

  async makeDirectory(path: string): Promise<void> {
    this.step(`mkdir ${path}`);
    this.directories.add(path);
  }

  async list(path: string): Promise<string[]> {
    this.step(`list ${path}`);
    return this.paths()
      .filter((name) => dirname(name) === path)
      .map((name) => name.slice(path.length + 1));
  }

  async read(path: string): Promise<string> {
    this.step(`read ${path}`);
    return this.fileAt(path).text;
  }

  async write(path: string, text: string): Promise<Written> {
    this.step(`write ${path}`);
    if (!this.directories.has(dirname(path))) throw new Error(`no directory ${dirname(path)}`);
    this.names.set(path, { text, synced: '' });
    return { sync: () => this.sync(path) };
  }

  async sync(path: string): Promise<void> {
    this.step(`sync ${path}`);
    const file = this.names.get(path);
    if (file) file.synced = file.text;
    else this.syncNames(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.step(`rename ${from} ${to}`);
    this.names.set(to, this.fileAt(from));
    this.names.delete(from);
  }

  async remove(path: string): Promise<void> {
    this.step(`remove ${path}`);
    this.names.delete(path);
  }

  private step(call: string): void {
    if (this.callsLeft-- <= 0) throw new PowerCut(call);
    this.calls.push(call);
  }

  private fileAt(path: string): File {
    const file = this.names.get(path);
    if (!file) throw Object.assign(new Error(`no file ${path}`), { code: 'ENOENT' });
    return file;
  }

  private syncNames(directory: string): void {
    for (const path of this.durableNames.keys()) {
      if (dirname(path) === directory && !this.names.has(path)) this.durableNames.delete(path);
    }
    for (const [path, file] of this.names) {
      if (dirname(path) === directory) this.durableNames.set(path, file);
    }
  }
}
