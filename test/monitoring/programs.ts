/** The programs as processes of their own, on simulated hosts in a file: what they log and tell is what an operator gets. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  FleetControl,
  RealClock,
  type Timing,
  createSimulatedHypervisor,
  openFileStore,
  sampleFleet,
} from '../../src/hypervisor/simulated';
import { freePorts } from '../../src/temporal/free-ports';
import type { Pace } from '../support/workflow-bundle';

const ROOT = join(__dirname, '..', '..');
const REGISTER = join(ROOT, 'test', 'support', 'register-ts.js');

const HOSTS = ['host-a', 'host-b'];

/** One line of a program's log. */
export interface LogLine extends Record<string, unknown> {
  program: string;
  time: string;
  msg: string;
}

export interface Program {
  name: string;
  /** Host and port of its /metrics. */
  metrics: string;
  pid: number;
  /** So far. */
  lines: LogLine[];
  /** Settles with the first line of that text, also if it has been written already. */
  says(text: string): Promise<LogLine>;
  ended(): boolean;
  end(signal: NodeJS.Signals): Promise<void>;
}

export class Programs {
  readonly all: Program[] = [];
  private constructor(
    private readonly address: string,
    readonly folder: string,
    readonly fleet: FleetControl,
    private readonly open: (host: string) => ReturnType<typeof createSimulatedHypervisor>,
  ) {}

  static async on(address: string, timing: Partial<Timing>): Promise<Programs> {
    const folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-programs-'));
    const clock = new RealClock();
    const store = await openFileStore(join(folder, 'fleet.json'), () => sampleFleet(clock.now(), timing));
    return new Programs(address, folder, new FleetControl({ store, clock }), (host) =>
      createSimulatedHypervisor({ host, store, clock }),
    );
  }

  hypervisor(host: string): ReturnType<typeof createSimulatedHypervisor> {
    return this.open(host);
  }

  stateDir(host: string): string {
    return join(this.folder, host);
  }

  startOrchestrator(pace: Pace, env: NodeJS.ProcessEnv = {}): Promise<Program> {
    return this.start('orchestrator', [join(__dirname, 'orchestrator.ts'), pace], 'orchestrator ready', env);
  }

  startAgent(host: string, reconcileEveryMinutes = 0): Promise<Program> {
    const file = join(this.folder, `${host}.json`);
    writeFileSync(file, JSON.stringify(this.configOf(host, reconcileEveryMinutes)));
    return this.start(host, [join(__dirname, 'agent.ts'), file], 'agent ready');
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((program) => program.end('SIGKILL')));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private configOf(host: string, reconcileEveryMinutes: number): object {
    const peers = HOSTS.filter((peer) => peer !== host).map((peer) => [
      peer,
      { libvirtUri: `sim://${peer}/system` },
    ]);
    return {
      host,
      stateDir: this.stateDir(host),
      simulatedFleet: join(this.folder, 'fleet.json'),
      libvirtUri: `sim://${host}/system`,
      peers: Object.fromEntries(peers) as object,
      reconcileEveryMinutes,
    };
  }

  private async start(
    name: string,
    args: string[],
    ready: string,
    env: NodeJS.ProcessEnv = {},
  ): Promise<Program> {
    const [port] = await freePorts('127.0.0.1');
    const metrics = `127.0.0.1:${port}`;
    const child = spawn(process.execPath, ['-r', REGISTER, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        TEMPORAL_ADDRESS: this.address,
        VGPU_FERRY_METRICS_ADDRESS: metrics,
        VGPU_FERRY_LOG_LEVEL: 'info',
        ...env,
      },
    });
    const program = programOf(name, metrics, child);
    this.all.push(program);
    await program.says(ready);
    return program;
  }
}

function programOf(name: string, metrics: string, child: ChildProcess): Program {
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  const tell = (): void => waiting.forEach((look) => look());
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(JSON.parse(line) as LogLine);
    tell();
  });
  const exit = once(child, 'exit').then(tell);
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    ...{ name, metrics, lines, ended, pid: child.pid! },
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const line = lines.find(({ msg }) => msg === text);
          if (line) resolve(line);
          else if (ended()) reject(new Error(`${name} has ended without saying "${text}"`));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
    async end(signal) {
      if (!ended()) child.kill(signal);
      await exit;
    },
  };
}
