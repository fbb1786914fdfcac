/** The fleet that the documents' commands are run against: the demo's hosts and guest, and one guest more. */
import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { SAMPLE_GPU, SAMPLE_GUEST, SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import { type EmbeddedTemporal } from '../../src/temporal/embedded';
import { findTemporalCli } from '../../src/temporal/temporal-cli';
import { migrationOf } from '../../src/temporal/migrations';
import { Ferry, startTestServer } from '../support/ferry';
import { type Block, ROOT } from './markdown';
import { filledIn } from './shell';

const DESK = { name: 'desk', uuid: '3f1c2b7a-5a3e-4c56-8d1e-0b9f6a7d2c11' };

/** Of a block; one that waits for a machine that stands still. */
const BLOCK_TAKES_MS = 60_000;

export interface Ran {
  status: number;
  stdout: string;
  stderr: string;
}

export class DocsFleet {
  private readonly folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-docs-'));
  /** Of the guests that move without end: one at a time. */
  private busyMdev: string | undefined;

  private constructor(
    private readonly temporal: EmbeddedTemporal,
    private readonly ferry: Ferry,
  ) {}

  static async start(): Promise<DocsFleet> {
    execFileSync(process.execPath, [join(ROOT, 'scripts/build.js')], { stdio: 'pipe' });
    const temporal = await startTestServer();
    const fleet = new DocsFleet(temporal, await Ferry.start(temporal));
    await fleet.layOut();
    return fleet;
  }

  async close(): Promise<void> {
    await this.ferry.close();
    await this.temporal.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Each document begins with its guests on host-a. */
  async bringHome(): Promise<void> {
    for (const { uuid: guest } of [SAMPLE_GUEST, DESK]) {
      await migrationOf(this.ferry.client, guest)
        .result()
        .catch(() => undefined); // one that a block has started, or that never was
      const [host] = await this.ferry.fleet.runningCopies(guest);
      if (host === 'host-a') continue;
      await (await this.ferry.migrate({ guest, source: 'host-b', destination: 'host-a' })).result();
    }
  }

  async run(block: Block): Promise<Ran> {
    const scene = block.comments.get('while');
    if (scene === undefined) return this.bash(block.text, DESK.uuid);
    if (scene === 'a guest moves') return this.whileOneMoves((guest) => this.bash(block.text, guest));
    throw new Error(`${block.file}:${block.line}: there is no scene "${scene}"; there is "a guest moves"`);
  }

  private async whileOneMoves<T>(act: (guest: string) => Promise<T>): Promise<T> {
    const uuid = randomUUID();
    const { fleet } = this.ferry;
    const { mdevs } = await fleet.startGuest({
      ...{ host: 'host-a', uuid, name: 'busy', persistent: false, memoryMiB: 16_384 },
      ...{ type: SAMPLE_TYPE, parent: SAMPLE_GPU, mdevs: this.busyMdev ? [this.busyMdev] : 1 },
      // faster than the link takes it
      load: { dirtyBytesPerSec: 64 * 2 ** 30, workingSetBytes: 8 * 2 ** 30 },
    });
    this.busyMdev = mdevs[0];
    const handle = await this.ferry.migrate({ guest: uuid });
    await fleet.until(({ jobs }) => jobs.some((job) => job.guest === uuid && job.step === 'pre-copy'));
    try {
      return await act(uuid);
    } finally {
      await handle.cancel().catch(() => undefined); // the block may have ended it
      await handle.result().catch(() => undefined);
      for (const host of await fleet.runningCopies(uuid)) await fleet.killQemu(host, uuid);
    }
  }

  private bash(text: string, guest: string): Promise<Ran> {
    const script = filledIn(text, { 'guest uuid': guest });
    const env = {
      ...process.env,
      PATH: [join(this.folder, 'bin'), process.env.PATH].join(delimiter),
      TEMPORAL_ADDRESS: this.ferry.address,
      NO_COLOR: '1',
    };
    const options = { env, cwd: this.folder, timeout: BLOCK_TAKES_MS, encoding: 'utf8' } as const;
    return new Promise((resolve) => {
      execFile('bash', ['-euo', 'pipefail', '-c', script], options, (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ status, stdout, stderr: status < 0 ? `${stderr}${error?.message}` : stderr });
      });
    });
  }

  private async layOut(): Promise<void> {
    const bin = join(this.folder, 'bin');
    execFileSync('mkdir', [bin]);
    symlinkSync(await findTemporalCli(), join(bin, 'temporal'));
    const program = `exec '${process.execPath}' '${join(ROOT, 'dist/src/cli/main.js')}'`;
    writeFileSync(join(bin, 'vgpu-ferry'), `#!/bin/sh\n${program} "$@"\n`);
    writeFileSync(join(bin, 'npx'), `#!/bin/sh\n[ "$1" = vgpu-ferry ] && shift && ${program} "$@"\n`);
    for (const name of ['vgpu-ferry', 'npx']) chmodSync(join(bin, name), 0o755);
    const { ferry } = this;
    await ferry.fleet.startGuest({
      ...{ host: 'host-a', ...DESK, mdevs: 1, type: SAMPLE_TYPE, parent: SAMPLE_GPU },
    });
    for (const host of ['host-a', 'host-b']) {
      await ferry.stopAgent(host);
      await ferry.startAgent(host, 10); // with its schedule of sweeps
    }
  }
}
