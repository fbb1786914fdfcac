/** The hypervisor port on a host of a simulated fleet. */
import type { GuestOnHost, HostVersions } from '../../contract';
import type {
  CreateMdev,
  DomainInfo,
  DomainSummary,
  Hypervisor,
  JobStats,
  MdevDevice,
  MdevTypeOffer,
  MigrateRequest,
  PeerHypervisor,
  RunningJobStats,
  XmlKind,
} from '../port';
import { HostCalls } from './calls';
import { RealClock, type FleetClock } from './clock';
import {
  describeDomain,
  observeGuest,
  requireActive,
  resume,
  setAutostart,
  undefine,
  xmlOf,
} from './domains';
import { migrationRuns, toHypervisorError } from './errors';
import { abortJob, beginMigration, setBandwidth, setMaxDowntime } from './job-plan';
import { isSourceEnding, isSourceStopped } from './job-end';
import { runningStats } from './job-stats';
import { createMdev, describeMdev, destroyMdev, offers } from './mdevs';
import { endQemu } from './outages';
import { connectToPeer, hostOfUri } from './peer';
import { activeJob, domainOf, findDomain, type MigrationJob } from './state';
import type { FleetStore } from './store';
import { nextChangeAt } from './timeline';

export interface SimulatedHypervisorOptions {
  store: FleetStore;
  /** The real one unless given; must be the one that the fleet was made with. */
  clock?: FleetClock;
  /** Name of the fleet's host that this client talks to. */
  host: string;
}

export function createSimulatedHypervisor({
  host,
  store,
  clock = new RealClock(),
}: SimulatedHypervisorOptions): Hypervisor {
  return new SimulatedHypervisor(new HostCalls({ store, clock }, host));
}

class SimulatedHypervisor implements Hypervisor {
  constructor(private readonly calls: HostCalls) {}

  versions(): Promise<HostVersions> {
    return this.calls.read('versions', (_fleet, host) => ({ ...host.versions }));
  }

  listDomains(): Promise<DomainSummary[]> {
    return this.calls.read('listDomains', (_fleet, host) =>
      host.domains.map(describeDomain).map(({ autostart: _autostart, ...summary }) => summary),
    );
  }

  domain(guest: string): Promise<DomainInfo | undefined> {
    return this.calls.read('domain', (_fleet, host) => {
      const domain = findDomain(host, guest);
      return domain && describeDomain(domain);
    });
  }

  observe(guest: string): Promise<GuestOnHost> {
    return this.calls.read('observe', (fleet, host) => observeGuest(fleet, host, guest));
  }

  domainXml(guest: string, kind: XmlKind): Promise<string> {
    return this.calls.read('domainXml', (_fleet, host) => xmlOf(domainOf(host, guest), kind));
  }

  migrationBlockers(guest: string): Promise<string[]> {
    return this.calls.read('migrationBlockers', (_fleet, host) => {
      const domain = domainOf(host, guest);
      requireActive(domain);
      return [...(domain.blockers ?? [])];
    });
  }

  resume(guest: string): Promise<void> {
    return this.calls.changeUnderJobLock('resume', guest, (fleet, host) =>
      resume(fleet, host, domainOf(host, guest)),
    );
  }

  destroy(guest: string): Promise<void> {
    return this.calls.change('destroy', (fleet, host) => {
      requireActive(domainOf(host, guest));
      endQemu(fleet, host.name, guest, 'destroyed');
    });
  }

  undefine(guest: string): Promise<void> {
    return this.calls.change('undefine', (_fleet, host) => undefine(host, findDomain(host, guest)));
  }

  setAutostart(guest: string, on: boolean): Promise<void> {
    return this.calls.change('setAutostart', (_fleet, host) => setAutostart(domainOf(host, guest), on));
  }

  /** Nothing here takes long to open. */
  expectMigration(): void {}

  async migrate(
    guest: string,
    { onSourceStopped, onSourceEnding, ...request }: MigrateRequest,
  ): Promise<void> {
    const target = hostOfUri(request.targetUri);
    const id = await this.calls.change('migrate', (fleet, host) => {
      // Unlike other calls, libvirt does not let a second migration wait for the first (seen).
      if (activeJob(fleet, host.name, guest)) throw migrationRuns(domainOf(host, guest).name);
      return beginMigration(fleet, host, guest, target, request).id;
    });
    if (onSourceStopped && (await this.comesTo(id, isSourceStopped))) onSourceStopped();
    if (onSourceEnding && (await this.comesTo(id, isSourceEnding))) onSourceEnding();
    await this.ended(id, onSourceStopped !== undefined || onSourceEnding !== undefined);
  }

  /** False if the job ends without. */
  private comesTo(jobId: number, stage: (job: MigrationJob) => boolean): Promise<boolean> {
    return this.calls.wait((fleet) => {
      const job = fleet.jobs.find(({ id }) => id === jobId);
      if (!job) return { value: false };
      const isThere = stage(job);
      if (isThere || job.step === 'ended') return { value: isThere };
      return { lookAgainAt: nextChangeAt(fleet) };
    });
  }

  private async ended(jobId: number, watched: boolean): Promise<void> {
    const error = await this.calls.wait((fleet) => {
      const job = fleet.jobs.find(({ id }) => id === jobId);
      if (!job || job.step === 'ended') return { value: job?.error };
      return { lookAgainAt: nextChangeAt(fleet) };
    });
    if (error) throw toHypervisorError(watched ? error : { ...error, sourceStopped: false });
  }

  jobStats(guest: string): Promise<RunningJobStats | undefined> {
    return this.calls.read('jobStats', (fleet, host) => {
      const job = activeJob(fleet, host.name, guest);
      return job?.source === host.name ? runningStats(fleet, job, host) : undefined;
    });
  }

  completedJobStats(guest: string): Promise<JobStats | undefined> {
    return this.calls.read(
      'completedJobStats',
      (_fleet, host) => findDomain(host, guest)?.completedJob ?? undefined,
    );
  }

  abortJob(guest: string): Promise<void> {
    return this.calls.change('abortJob', (fleet, host) => abortJob(fleet, host, guest));
  }

  setMaxDowntime(guest: string, ms: number): Promise<void> {
    return this.calls.change('setMaxDowntime', (fleet, host) => setMaxDowntime(fleet, host, guest, ms));
  }

  setBandwidth(guest: string, mibps: number): Promise<void> {
    return this.calls.change('setBandwidth', (fleet, host) => setBandwidth(fleet, host, guest, mibps));
  }

  connectPeer(targetUri: string): Promise<PeerHypervisor> {
    return connectToPeer(this.calls, targetUri);
  }

  mdevTypes(): Promise<MdevTypeOffer[]> {
    return this.calls.read('mdevTypes', (_fleet, host) => offers(host));
  }

  listMdevs(): Promise<MdevDevice[]> {
    return this.calls.read('listMdevs', (_fleet, host) => host.mdevs.map(describeMdev));
  }

  createMdev(request: CreateMdev): Promise<void> {
    return this.calls.change('createMdev', (_fleet, host) => createMdev(host, request));
  }

  destroyMdev(uuid: string): Promise<void> {
    return this.calls.change('destroyMdev', (_fleet, host) => destroyMdev(host, uuid));
  }

  async close(): Promise<void> {
    this.calls.close();
  }
}
