/** Two booted hosts: brought up, found again by their state file, and ended. */
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appDisk } from './app-disk';
import { bootReadyHosts, type Hosts } from './boot';
import { atExit } from './exit';
import { LabHost, type HostRecord } from './host';
import { hostImage } from './image';

interface LabState {
  folder: string;
  appDisk: string;
  hosts: { a: HostRecord; b: HostRecord };
}

const STATE_FILE = 'lab.json';

export class Lab {
  private constructor(
    readonly folder: string,
    private readonly appDiskPath: string,
    readonly a: LabHost,
    readonly b: LabHost,
  ) {}

  /** Builds what is missing, boots both hosts and waits until they answer. Leaves nothing behind if it fails. */
  static async up(): Promise<Lab> {
    const [image, disk] = await Promise.all([hostImage(), appDisk()]);
    // Short, because it holds ssh's control sockets, whose paths may not exceed 108 characters.
    const folder = await mkdtemp(join(tmpdir(), 'vgpu-ferry-lab-'));
    const forget = atExit(() => rmSync(folder, { recursive: true, force: true }));
    try {
      const { a, b } = await bootReadyHosts({ folder, image, appDisk: disk });
      const lab = new Lab(folder, disk, a, b);
      await lab.save();
      return lab;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    } finally {
      forget();
    }
  }

  static async attach(stateFile: string): Promise<Lab> {
    const state = JSON.parse(await readFile(stateFile, 'utf8')) as LabState;
    return new Lab(state.folder, state.appDisk, new LabHost(state.hosts.a), new LabHost(state.hosts.b));
  }

  get hosts(): Hosts {
    return { a: this.a, b: this.b };
  }

  get stateFile(): string {
    return join(this.folder, STATE_FILE);
  }

  async stop(): Promise<void> {
    await Promise.all([this.a.stop(), this.b.stop()]);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Ends the hosts when this process is interrupted or exits; the returned function takes that back. */
  endWithThisProcess(): () => void {
    return atExit(() => {
      this.a.stopNow();
      this.b.stopNow();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  private async save(): Promise<void> {
    const state: LabState = {
      folder: this.folder,
      appDisk: this.appDiskPath,
      hosts: { a: this.a.record, b: this.b.record },
    };
    await writeFile(this.stateFile, JSON.stringify(state, null, 2));
  }
}
