/** One lab host: an emulated machine with real libvirt and QEMU, and how to talk to it from outside. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess, isOurs, killNow } from './processes';
import { must, run, type Ran } from './shell';
import { waitFor, waitUntil } from './wait';

/** All that is needed to find a running host again; kept in the lab's state file. */
export interface HostRecord {
  /** The agent's host id. */
  name: string;
  /** On the network between the hosts. */
  ip: string;
  /** Folder of this lab run: console, pid file, ssh control socket. */
  folder: string;
  image: string;
  pid: number;
  /** The one ssh connection that all commands share; 0 before it is open. */
  sshPid: number;
  sshPort: number;
  libvirtPort: number;
}

/** Emulated hosts answer slowly, the more so beside other work. */
const COMMAND_LIMIT_MS = 60_000;
const READY_LIMIT_MS = 6 * 60_000;

/** A panic of its kernel ends it. */
export class EndedWhileBooting extends Error {
  override readonly name = 'EndedWhileBooting';
}

export class LabHost {
  constructor(readonly record: HostRecord) {}

  get name(): string {
    return this.record.name;
  }

  /** URI of its libvirt, from outside. */
  get libvirtUri(): string {
    return `qemu+tcp://127.0.0.1:${this.record.libvirtPort}/system`;
  }

  /** URI of its libvirt, as the other host reaches it. */
  get peerUri(): string {
    return `qemu+tcp://${this.record.ip}/system`;
  }

  /** Runs a shell script on the host; rejects if it fails. */
  async ssh(script: string, timeoutMs = COMMAND_LIMIT_MS): Promise<string> {
    const { code, stdout, stderr } = await this.trySsh(script, timeoutMs);
    if (code !== 0) {
      throw new Error(
        `${this.name}${this.hasEnded() ? ', which has ended by itself' : ''}: ${script}\nfailed (exit code ${code ?? 'none'}): ${stderr.trim()} ${stdout.trim()}`,
      );
    }
    return stdout;
  }

  trySsh(script: string, timeoutMs = COMMAND_LIMIT_MS): Promise<Ran> {
    return run('ssh', [...this.sshOptions(), 'root@127.0.0.1', script], { timeoutMs });
  }

  /** Starts a script on the host and leaves it running, with its input and output open. */
  open(script: string): ChildProcessWithoutNullStreams {
    return spawn('ssh', [...this.sshOptions(), 'root@127.0.0.1', script], { stdio: 'pipe' });
  }

  async writeFile(path: string, content: string): Promise<void> {
    const args = [...this.sshOptions(), 'root@127.0.0.1', `mkdir -p "$(dirname ${path})" && cat > ${path}`];
    await must('ssh', args, { input: content, timeoutMs: COMMAND_LIMIT_MS });
  }

  virsh(...args: string[]): Promise<string> {
    return must('virsh', ['-q', '-c', this.libvirtUri, ...args], { timeoutMs: COMMAND_LIMIT_MS });
  }

  /** For commands that take a file: `virsh <command> <file with xml>`. */
  async virshXml(command: string, xml: string): Promise<void> {
    const file = join(this.record.folder, `${this.name}-${command}.xml`);
    await writeFile(file, xml);
    await this.virsh(command, file);
  }

  tryVirsh(...args: string[]): Promise<Ran> {
    return run('virsh', ['-q', '-c', this.libvirtUri, ...args], { timeoutMs: COMMAND_LIMIT_MS });
  }

  /** Waits until libvirt answers, then opens the shared ssh connection. */
  async waitReady(): Promise<void> {
    const started = Date.now();
    await waitUntil(`${this.name} to boot`, () => this.saysReady(), {
      timeoutMs: READY_LIMIT_MS,
      onTimeout: () => this.consoleTail(),
    });
    await this.openSsh();
    console.error(`lab: ${this.name} answers after ${Math.round((Date.now() - started) / 1000)} s`);
  }

  async stop(): Promise<void> {
    const { sshPid, pid } = this.record;
    if (sshPid > 0) await endProcess(sshPid, this.controlSocket());
    await endProcess(pid, this.consoleFile());
  }

  stopNow(): void {
    if (this.record.sshPid > 0) killNow(this.record.sshPid, this.controlSocket());
    killNow(this.record.pid, this.consoleFile());
  }

  consoleFile(): string {
    return join(this.record.folder, `${this.name}.console`);
  }

  /** QEMU's own monitor of the emulated machine. */
  qmpSocket(): string {
    return join(this.record.folder, `${this.name}.qmp`);
  }

  /** What passes between the hosts, while `Capture` has it written down. */
  captureFile(): string {
    return join(this.record.folder, `${this.name}.pcap`);
  }

  /** How a person logs in; printed by `npm run lab:up`. */
  sshCommandLine(): string {
    return ['ssh', ...this.connectionOptions(), 'root@127.0.0.1'].join(' ');
  }

  /** Its emulator is gone: it was stopped, or its kernel has panicked. */
  hasEnded(): boolean {
    return !isOurs(this.record.pid, this.consoleFile());
  }

  private async saysReady(): Promise<boolean> {
    if (this.hasEnded()) {
      throw new EndedWhileBooting(
        `${this.name}'s QEMU has ended while booting.\n${await this.consoleTail()}`,
      );
    }
    return (await this.console()).includes('LAB-READY');
  }

  private async console(): Promise<string> {
    return readFile(this.consoleFile(), 'utf8').catch(() => '');
  }

  async consoleTail(): Promise<string> {
    return `Last lines of ${this.name}'s console:\n${(await this.console()).split('\n').slice(-30).join('\n')}`;
  }

  /**
   * One connection for all commands: a new one costs about a second under emulation. It is a process that we own and end
   * by pid; ssh's own background master (ControlPersist) would keep our pipes open and stay behind.
   */
  private async openSsh(): Promise<void> {
    const args = ['-N', '-M', '-S', this.controlSocket(), ...this.connectionOptions(), 'root@127.0.0.1'];
    const master = spawn('ssh', args, { detached: true, stdio: 'ignore' });
    master.unref();
    const pid = await waitFor(`a pid for ssh to ${this.name}`, () => master.pid, { timeoutMs: 5_000 });
    this.record.sshPid = pid;
    await waitUntil(
      `ssh to ${this.name}`,
      async () => (await run('ssh', [...this.sshOptions(), '-O', 'check', 'root@127.0.0.1'])).code === 0,
      { timeoutMs: 60_000 },
    );
  }

  private controlSocket(): string {
    return join(this.record.folder, `${this.name}.ssh`);
  }

  private sshOptions(): string[] {
    return ['-S', this.controlSocket(), ...this.connectionOptions()];
  }

  private connectionOptions(): string[] {
    return [
      ...['-q', '-i', join(this.record.image, 'id'), '-p', String(this.record.sshPort)],
      ...['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=20', '-o', 'ServerAliveInterval=10'],
      ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
    ];
  }
}
