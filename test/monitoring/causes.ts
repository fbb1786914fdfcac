/** What the alerts are about, made with the real programs on simulated hosts. */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { openLedger } from '../../src/claims';
import { type MigrationInput, migrationWorkflowId } from '../../src/contract';
import {
  type GuestLoad,
  SAMPLE_GPU,
  SAMPLE_TYPE,
  SAMPLE_VERSIONS,
  sampleGpu,
} from '../../src/hypervisor/simulated';
import { type MigrationHandle, startMigration } from '../../src/temporal/migrations';
import { startSweep } from '../../src/temporal/sweeps';
import { until } from '../support/until';
import type { Program, Programs } from './programs';

const HOURS_MS = 3_600_000;

const CALM: GuestLoad = { dirtyBytesPerSec: 0, workingSetBytes: 0 };

/** Writes faster than the link takes it. */
const BUSY: GuestLoad = { dirtyBytesPerSec: 64 * 2 ** 30, workingSetBytes: 8 * 2 ** 30 };

export class Causes {
  constructor(
    private readonly programs: Programs,
    private readonly client: Client,
  ) {}

  /** A claim of which nobody knows any more. */
  async oldClaim(): Promise<void> {
    await this.claim('host-a', randomUUID(), randomUUID(), 7 * HOURS_MS);
  }

  /** Each fails in pre-copy. The first leaves a device that can't be made anew. */
  async failedMigrations(): Promise<void> {
    const { fleet } = this.programs;
    const guest = await this.guest('fails', 1);
    await this.freeDevice();
    await fleet.arm([
      {
        ...{ call: 'createMdev', host: 'host-b', effect: 'none', kind: 'call-error' },
        ...{ code: 1, domain: 22, text: 'the parent does not answer' },
      },
    ]);
    for (let failures = 0; failures < 3; failures++) {
      await fleet.arm([{ phase: 'perform', kind: 'kill-qemu', on: 'target', guest }]);
      await this.ended(await this.migrate(guest));
    }
  }

  /** It converges at its second try only, and so stands still for longer than it was allowed to. */
  async longDowntime(): Promise<void> {
    const guest = await this.guest('stands-still', 0);
    await (await this.migrate(guest, { initialDowntimeMs: 5, maxDowntimeMs: 5 })).result();
  }

  /** The destination's agent hangs: the migration can't be finished, and when it can, the guest is not as it was claimed. */
  async unfinished(agent: Program, seen: Promise<void>): Promise<void> {
    const guest = await this.guest('unfinished', 0, BUSY);
    const handle = await this.endless(guest);
    process.kill(agent.pid, 'SIGSTOP');
    await this.programs.hypervisor('host-a').setMaxDowntime(guest, 60_000);
    await until(async () => (await this.programs.fleet.runningCopies(guest)).join() === 'host-b');
    await this.programs.hypervisor('host-b').undefine(guest);
    await seen;
    process.kill(agent.pid, 'SIGCONT');
    await this.ended(handle);
  }

  /** A migration that was terminated has left a claim, and another one a guest that is held. */
  async leaks(): Promise<void> {
    const { fleet } = this.programs;
    const guest = await this.guest('terminated', 1, BUSY);
    const handle = await this.endless(guest);
    await handle.terminate();
    await this.programs.hypervisor('host-a').abortJob(guest);
    await fleet.until(({ jobs }) => jobs.every((job) => job.guest !== guest || job.step === 'ended'));
    await this.heldGuest();
    await (await startSweep(this.client, 'host-b')).result();
  }

  async splitBrain(): Promise<void> {
    const { fleet } = this.programs;
    const guest = await this.guest('twice', 0);
    await fleet.arm([{ phase: 'finish', kind: 'link-down', healAfterMs: null, guest }]);
    await this.migrate(guest, { switchover: 'libvirt' });
    await until(async () => (await fleet.runningCopies(guest)).length === 2);
    await fleet.healLink('host-a', 'host-b');
  }

  /** And its libvirt stays down: nobody can know whether the guest has arrived. */
  async destinationLost(): Promise<void> {
    const guest = await this.guest('nobody-knows', 0);
    await this.programs.fleet.arm([
      { phase: 'finish', kind: 'kill-libvirtd', on: 'target', restartAfterMs: null, guest },
    ]);
    await this.migrate(guest);
  }

  async addHost(name: string): Promise<void> {
    const parents = { [SAMPLE_GPU]: sampleGpu() };
    await this.programs.fleet.addHost({ name, versions: SAMPLE_VERSIONS, parents });
  }

  private async guest(name: string, mdevs: number, load: GuestLoad = CALM): Promise<string> {
    const { uuid } = await this.programs.fleet.startGuest({
      ...{ host: 'host-a', name, mdevs, type: SAMPLE_TYPE, parent: SAMPLE_GPU, load },
      memoryMiB: 16_384,
    });
    return uuid;
  }

  private freeDevice(): Promise<void> {
    const device = { uuid: randomUUID(), type: SAMPLE_TYPE, parent: SAMPLE_GPU, persistent: true };
    return this.programs.hypervisor('host-b').createMdev(device);
  }

  /** Paused on devices that a migration had claimed which is over. */
  private async heldGuest(): Promise<void> {
    const { fleet } = this.programs;
    const { uuid, mdevs } = await fleet.startGuest({
      ...{ host: 'host-b', name: 'held', mdevs: 1, type: SAMPLE_TYPE, parent: SAMPLE_GPU },
    });
    await fleet.pauseGuest(uuid);
    await this.claim('host-b', uuid, mdevs[0]!, 0);
  }

  private async claim(host: string, guest: string, target: string, ageMs: number): Promise<void> {
    const ledger = await openLedger(this.programs.stateDir(host), {
      host,
      onDamage: () => undefined,
      now: () => new Date(Date.now() - ageMs),
    });
    const migration = { workflow: migrationWorkflowId(guest), run: randomUUID(), guest };
    const request = { source: randomUUID(), type: SAMPLE_TYPE };
    await ledger.claim(migration, [request], () => [
      { ...request, target, parent: SAMPLE_GPU, created: false },
    ]);
  }

  /** In pre-copy, where a busy guest stays until something is done. */
  private async endless(guest: string): Promise<MigrationHandle> {
    const handle = await this.migrate(guest);
    await this.programs.fleet.until(({ jobs }) =>
      jobs.some((job) => job.guest === guest && job.step === 'pre-copy'),
    );
    return handle;
  }

  private migrate(guest: string, policy: MigrationInput['policy'] = {}): Promise<MigrationHandle> {
    return startMigration(this.client, { guest, source: 'host-a', destination: 'host-b', policy });
  }

  /** However. */
  private async ended(handle: MigrationHandle): Promise<void> {
    await handle.result().catch(() => undefined);
  }
}
