/** The fleet that the documents' commands are run against: the demo's, and a guest for the time of a block. */
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  type GuestLoad,
  type Timing,
  SAMPLE_GPU,
  SAMPLE_GUEST,
  SAMPLE_TYPE,
  openFileStore,
  sampleFleet,
} from '../../src/hypervisor/simulated';
import { migrationWorkflowId } from '../../src/contract';
import type { EmbeddedTemporal } from '../../src/temporal/embedded';
import { migrationOf } from '../../src/temporal/migrations';
import { findTemporalCli } from '../../src/temporal/temporal-cli';
import { Ferry, startTestServer } from '../support/ferry';
import { until } from '../support/until';
import { type Block, ROOT } from './markdown';
import { below } from './sandbox';
import { overMutualTls, withStuckMigration } from './scenes';
import { filledIn } from './shell';

/** Of a block; one that waits for a machine that stands still. */
const BLOCK_TAKES_MS = 150_000;

export interface Ran {
  status: number;
  stdout: string;
  stderr: string;
}

/** Stands in the program's place; see warm-program.ts. */
const handingOverTo = (port: number): string => `#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/${port}
printf '%s\\0' "$#" "$PWD" "$(env | grep -E '^(TEMPORAL_|VGPU_FERRY_CODEC_KEYS=)')" "$@" >&3
read -r answer status <&3
cat "$answer/stdout"
cat "$answer/stderr" >&2
exit "$status"
`;

/** Works where the project is, not where the block runs. */
const npmOfProject = (): string => `#!/bin/sh
export PATH='${process.env.PATH}'
cd '${ROOT}' && exec npm "$@"
`;

const IDLE: GuestLoad = { dirtyBytesPerSec: 0, workingSetBytes: 0 };
/** Faster than the link takes it. */
const BUSY: GuestLoad = { dirtyBytesPerSec: 64 * 2 ** 30, workingSetBytes: 8 * 2 ** 30 };

export class DocsFleet {
  private readonly folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-docs-'));
  private program: ChildProcess | undefined;
  /** Of the guests that come for a block: one at a time. */
  private mdev: string | undefined;

  private constructor(
    private readonly temporal: EmbeddedTemporal,
    private readonly ferry: Ferry,
  ) {}

  /** As quick as tests want it, or at another pace. */
  static async start(timing: Partial<Timing>): Promise<DocsFleet> {
    const temporal = await startTestServer();
    const fleet = new DocsFleet(temporal, await Ferry.start(temporal, timing));
    await fleet.layOutPrograms();
    for (const host of ['host-a', 'host-b']) {
      await fleet.ferry.stopAgent(host);
      await fleet.ferry.startAgent(host, 10); // with its schedule of sweeps
    }
    return fleet;
  }

  async close(): Promise<void> {
    this.program?.kill();
    await this.ferry.close();
    await this.temporal.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The demo's guest, which a block may have moved, is where a document begins. */
  async bring(home: 'host-a' | 'host-b'): Promise<void> {
    const { uuid: guest } = SAMPLE_GUEST;
    await migrationOf(this.ferry.client, guest)
      .result()
      .catch(() => undefined); // there may never have been one
    const [source] = await this.ferry.fleet.runningCopies(guest);
    if (source !== home)
      await (await this.ferry.migrate({ guest, source: source!, destination: home })).result();
    // the list learns of an end a moment later, and a block may show it
    const running = `WorkflowId = '${migrationWorkflowId(guest)}' AND ExecutionStatus = 'Running'`;
    await until(async () => (await this.ferry.client.workflow.count(running)).count === 0);
  }

  async run(block: Block): Promise<Ran> {
    const name = block.comments.get('while');
    const scene = name === undefined ? undefined : this.scenes[name];
    if (name !== undefined && scene === undefined)
      throw new Error(
        `${block.file}:${block.line}: there is no scene "${name}"; there are: ${Object.keys(this.scenes).join(', ')}`,
      );
    if (scene !== undefined) return scene(block);
    if (block.text.includes('<guest uuid>'))
      return this.withGuest(IDLE, (guest) => this.bash(block.text, guest));
    return this.bash(block.text, SAMPLE_GUEST.uuid);
  }

  private readonly scenes: Readonly<Record<string, (block: Block) => Promise<Ran>>> = {
    'a guest moves': ({ text }) => this.withGuest(BUSY, (guest) => this.whileItMoves(guest, text)),
    'a migration is stuck': ({ text }) => {
      const guest = randomUUID();
      return withStuckMigration(this.ferry, guest, () => this.bash(text, guest));
    },
    'Temporal wants certificates': ({ text, file }) =>
      overMutualTls(this.ferry.address, this.root, file, (toProxy) =>
        // the block, or the file that it names, says where Temporal is
        this.bash(below(this.root, toProxy(text)), SAMPLE_GUEST.uuid, {
          TEMPORAL_ADDRESS: undefined,
          XDG_CONFIG_HOME: this.settings,
        }),
      ),
  };

  /** Where a profile of Temporal's is looked for. */
  private get settings(): string {
    return join(this.root, 'root/.config');
  }

  /** Stands for / where a block works with a machine's own files. */
  private get root(): string {
    return join(this.folder, 'root');
  }

  private async withGuest<T>(load: GuestLoad, act: (guest: string) => Promise<T>): Promise<T> {
    const uuid = randomUUID();
    const { fleet, client } = this.ferry;
    const { mdevs } = await fleet.startGuest({
      ...{ host: 'host-a', uuid, name: 'desk', persistent: false, memoryMiB: 16_384, load },
      ...{ type: SAMPLE_TYPE, parent: SAMPLE_GPU, mdevs: this.mdev ? [this.mdev] : 1 },
    });
    this.mdev = mdevs[0];
    try {
      return await act(uuid);
    } finally {
      const migration = migrationOf(client, uuid);
      // the block may have ended it, or begun none
      if (load === BUSY) await migration.cancel().catch(() => undefined);
      await migration.result().catch(() => undefined);
      for (const host of await fleet.runningCopies(uuid)) await fleet.killQemu(host, uuid);
    }
  }

  private async whileItMoves(guest: string, text: string): Promise<Ran> {
    await this.ferry.migrate({ guest });
    await this.ferry.fleet.until(({ jobs }) =>
      jobs.some((job) => job.guest === guest && job.step === 'pre-copy'),
    );
    return this.bash(text, guest);
  }

  private bash(text: string, guest: string, other: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const script = filledIn(text, { 'guest uuid': guest });
    const env = {
      ...process.env,
      PATH: [join(this.folder, 'bin'), process.env.PATH].join(delimiter),
      TEMPORAL_ADDRESS: this.ferry.address,
      NO_COLOR: '1',
      ...other,
    };
    const options = { env, cwd: this.folder, encoding: 'utf8' } as const;
    // timeout ends all that the block has started, not its shell alone
    const shell = ['--kill-after=5', String(BLOCK_TAKES_MS / 1000), 'bash', '--norc', '-euo', 'pipefail'];
    return new Promise((resolve) => {
      execFile('timeout', [...shell, '-c', script], options, (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ status, stdout, stderr: status < 0 ? `${stderr}${error?.message}` : stderr });
      });
    });
  }

  private async layOutPrograms(): Promise<void> {
    const bin = join(this.folder, 'bin');
    mkdirSync(bin);
    symlinkSync(await findTemporalCli(), join(bin, 'temporal'));
    writeFileSync(join(bin, 'vgpu-ferry'), handingOverTo(await this.warmProgram()));
    writeFileSync(join(bin, 'npx'), '#!/bin/sh\nexec "$@"\n');
    writeFileSync(join(bin, 'npm'), npmOfProject());
    for (const name of ['vgpu-ferry', 'npx', 'npm']) chmodSync(join(bin, name), 0o755);
    await this.layOutConfiguration();
  }

  /** For the doctor: of an agent on a simulated host. */
  private async layOutConfiguration(): Promise<void> {
    const simulatedFleet = join(this.folder, 'fleet.json');
    await openFileStore(simulatedFleet, () => sampleFleet(Date.now(), {}));
    const peers = { 'host-b': { libvirtUri: 'sim://host-b/system' } };
    const config = { host: 'host-a', stateDir: join(this.folder, 'state'), simulatedFleet, peers };
    writeFileSync(
      join(this.folder, 'agent.json'),
      JSON.stringify({ ...config, libvirtUri: 'sim://host-a/system' }),
    );
  }

  /** Its port. */
  private async warmProgram(): Promise<number> {
    const env = { ...process.env, NO_COLOR: '1', ANSWERS: this.folder, XDG_CONFIG_HOME: this.settings };
    const register = join(ROOT, 'test/support/register-ts.js');
    this.program = fork(join(__dirname, 'warm-program.ts'), {
      ...{ env, execArgv: ['-r', register], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
    });
    const [line] = (await once(this.program.stdout!, 'data')) as [Buffer];
    return Number(line.toString());
  }
}
