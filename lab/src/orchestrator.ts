/** The orchestrator's process on the outside machine: started, killed, held still, started again. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from './image';
import { endProcess, isAlive, isOurs, killNow } from './processes';
import { waitUntil } from './wait';

const ORCHESTRATOR = join(REPOSITORY, 'dist/src/cli/main.js');
const READY = '"msg":"orchestrator ready"';

/** File of what it has said, also across restarts. */
export const orchestratorLogOf = ({ folder }: { folder: string }): string => join(folder, 'orchestrator.log');

export class LabOrchestrator {
  private pid = 0;
  /** Length of the log before this start: it keeps what earlier processes said. */
  private logStart = 0;

  constructor(
    /** Of its log. */
    private readonly lab: { folder: string },
    private readonly address: string,
    private readonly program = ORCHESTRATOR,
  ) {}

  async start(): Promise<void> {
    this.logStart = (await this.log()).length;
    const log = openSync(this.logFile(), 'a');
    const child = spawn(process.execPath, [this.program, 'orchestrator'], {
      cwd: this.lab.folder,
      env: { ...process.env, TEMPORAL_ADDRESS: this.address },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    if (child.pid === undefined) throw new Error(`could not start ${this.program}`);
    this.pid = child.pid;
  }

  async ready(): Promise<void> {
    const ready = async () => {
      if (!isOurs(this.pid, this.program))
        throw new Error(`the orchestrator has ended:\n${await this.sinceStart()}`);
      return (await this.sinceStart()).includes(READY);
    };
    await waitUntil('the orchestrator', ready, { timeoutMs: 60_000, onTimeout: () => this.sinceStart() });
  }

  isAlive(): boolean {
    return isOurs(this.pid, this.program) && isAlive(this.pid);
  }

  async kill(): Promise<void> {
    killNow(this.pid, this.program);
    await waitUntil('the orchestrator to be gone', () => !isAlive(this.pid), {
      timeoutMs: 10_000,
      everyMs: 10,
    });
  }

  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  stop(): Promise<void> {
    return endProcess(this.pid, this.program);
  }

  stopNow(): void {
    killNow(this.pid, this.program);
  }

  private logFile(): string {
    return orchestratorLogOf(this.lab);
  }

  private log(): Promise<string> {
    return readFile(this.logFile(), 'utf8').catch(() => '');
  }

  private async sinceStart(): Promise<string> {
    return (await this.log()).slice(this.logStart);
  }
}
