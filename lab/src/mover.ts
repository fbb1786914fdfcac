/**
 * The agent's migrate step, run from outside on two hosts: the product's own code and adapter, without Temporal around
 * it, so that a test or a measurement can stand beside each of its calls.
 */
import { randomUUID } from 'node:crypto';
import { MigrationJobs } from '../../activities';
import type { HostDeps } from '../../activities/deps';
import { startJob } from '../../activities/migration-job';
import {
  DEFAULT_POLICY,
  type MigrateInput,
  type MigrateOutcome,
  type MigrationPolicy,
  REQUIRED_AGENT_PROTOCOL,
  migrationWorkflowId,
} from '../../src/contract';
import { domainDigest } from '../../src/domain-xml';
import { createLibvirtHypervisor } from '../../src/hypervisor/libvirt';
import { type Hypervisor, PLAIN_CHANNEL } from '../../src/hypervisor/port';
import { type GuestSpec, MTTY_PARENT } from './guest';
import type { Lab } from './lab';
import { seenFromOutside } from './outside';

export class Mover {
  /** What the step has logged. */
  readonly logged: string[] = [];

  private constructor(
    private readonly lab: Lab,
    /** Host a's. */
    readonly hypervisor: Hypervisor,
    private readonly target: Hypervisor,
  ) {}

  static async open(lab: Lab): Promise<Mover> {
    const adapter = (uri: string) => createLibvirtHypervisor({ uri, kernelRelease: '0' });
    return new Mover(lab, await adapter(lab.a.libvirtUri), await adapter(lab.b.libvirtUri));
  }

  /** New devices on host b, for each of the guest's. */
  async makeTargets({ mdevs }: GuestSpec): Promise<MigrateInput['mdevs']> {
    const pairs = mdevs.map(({ uuid, type }) => ({ source: uuid, target: randomUUID(), type }));
    for (const { target, type } of pairs)
      await this.target.createMdev({ uuid: target, type, parent: MTTY_PARENT, persistent: false });
    return pairs.map(({ source, target }) => ({ source, target }));
  }

  /** Moves the guest from host a to host b; `change` stands in for calls of host a's hypervisor. */
  async move(
    guest: GuestSpec,
    mdevs: MigrateInput['mdevs'],
    policy: Partial<MigrationPolicy> = {},
    change: Partial<Hypervisor> = {},
  ): Promise<MigrateOutcome> {
    const hypervisor = seenFromOutside(this.hypervisor, this.lab.b, change);
    const input: MigrateInput = {
      migration: {
        workflow: migrationWorkflowId(guest.uuid),
        run: 'from outside',
        guest: guest.uuid,
        requiredProtocol: REQUIRED_AGENT_PROTOCOL,
      },
      destination: this.lab.b.name,
      policy: { ...DEFAULT_POLICY, ...policy },
      mdevs,
      xmlDigest: domainDigest(await hypervisor.domainXml(guest.uuid, 'live')),
      persistent: !guest.transient,
      pausedByUser: false,
      attach: false,
    };
    const deps = this.deps(hypervisor);
    return deps.jobs.start(input, deps.attemptIsCurrent, (state) => startJob(deps, input, state)).end;
  }

  private deps(hypervisor: Hypervisor): HostDeps {
    const note = (fields: object, message: string): void =>
      void this.logged.push(`${message} ${JSON.stringify(fields)}`);
    const unused = new Proxy({} as HostDeps['ledger'], {
      get: () => {
        throw new Error('the migrate step needs no ledger');
      },
    });
    return {
      host: this.lab.a.name,
      hypervisor,
      ledger: unused,
      peer: () => ({ libvirtUri: this.lab.b.peerUri, channel: PLAIN_CHANNEL }),
      requireTls: false,
      askQemu: false,
      jobs: new MigrationJobs(),
      migrations: { stateOf: () => Promise.resolve('unknown') },
      profiles: {},
      searchable: () => Promise.resolve(false),
      attemptIsCurrent: () => Promise.resolve(true),
      isOwnStep: () => true,
      log: { info: note, warn: note },
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.hypervisor.close(), this.target.close()]);
  }
}
