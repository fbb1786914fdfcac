/** After a migration that could not undo itself: both hosts are swept, and what is left has to be told, and truly. */
import type { Client } from '@temporalio/client';
import type { ReconcileReport, ReconciledDevice } from '../../src/contract';
import type { DomainState, HostState } from '../../src/hypervisor/simulated/state';
import { startSweep } from '../../src/temporal/sweeps';
import type { Side } from './faults';
import { type AtRest, mdevsIn } from './at-rest';
import type { Lane } from './lane';

export type Swept = Record<Side, ReconcileReport>;

const SIDES = ['source', 'destination'] as const;

const SWEEPS_AT_MOST = 3;

export async function sweepBoth(client: Client, lane: Lane): Promise<Swept> {
  const sweep = async (side: Side): Promise<ReconcileReport> => {
    for (let next = 1; ; next++) {
      const report = await (await startSweep(client, lane.hosts[side])).result();
      if (next === SWEEPS_AT_MOST || !metAnOutage(report)) return report;
    }
  };
  const [source, destination] = await Promise.all([sweep('source'), sweep('destination')]);
  return { source, destination };
}

/** Another run's schedule has killed Temporal meanwhile: what was kept for that is for the next sweep. */
function metAnOutage({ kept }: ReconcileReport): boolean {
  return kept.some(({ why }) => why.includes('Temporal cannot say'));
}

/** Leaks, and reports that do not say what is so. */
export function sweptWrongs(rest: AtRest, swept: Swept): string[] {
  return SIDES.flatMap((side) => {
    const one = new SweptHost(rest, side, swept[side]);
    return [...one.leaks(), ...one.damage(), ...one.untrue(), ...one.unsaid()].map(
      (what) => `after the sweep of the ${side}: ${what}`,
    );
  });
}

class SweptHost {
  private readonly host: HostState;
  private readonly domain: DomainState | undefined;
  private readonly used: Set<string>;

  constructor(
    private readonly rest: AtRest,
    private readonly side: Side,
    private readonly report: ReconcileReport,
  ) {
    this.host = rest.fleet.hosts[rest.hosts[side]]!;
    this.domain = this.host.domains.find(({ uuid }) => uuid === rest.before.guest);
    const { live, inactive } = this.domain ?? {};
    this.used = new Set([...mdevsIn(live?.xml), ...mdevsIn(inactive?.xml)]);
  }

  /** Claims and devices that nobody uses and the report does not mention. */
  leaks(): string[] {
    const { rest, side } = this;
    const told = new Set([...this.report.kept, ...this.report.quarantined].map(({ uuid }) => uuid));
    const claims = rest.ledger[side].claims.map((file) => file.slice(0, 36));
    const left = this.host.mdevs.filter(
      ({ uuid, resuming }) => !this.used.has(uuid) && (resuming || !this.ofOthers().includes(uuid)),
    );
    return [
      ...claims
        .filter((uuid) => !told.has(uuid))
        .map((uuid) => `the claim on ${uuid} is left, and not in the report`),
      ...left
        .filter(({ uuid }) => !told.has(uuid))
        .map(
          ({ uuid, resuming }) => `mdev ${uuid} is left${resuming ? ' stuck' : ''}, and not in the report`,
        ),
    ];
  }

  /** What must be there is. */
  damage(): string[] {
    const found = new Set(this.host.mdevs.map(({ uuid }) => uuid));
    const setAside = this.report.quarantined.map(({ uuid }) => uuid);
    return [
      ...[...this.used]
        .filter((uuid) => this.domain?.live && !found.has(uuid))
        .map((uuid) => `mdev ${uuid} is gone from under the guest`),
      ...this.ofOthers()
        .filter((uuid) => !found.has(uuid) && !setAside.includes(uuid))
        .map((uuid) => `mdev ${uuid} is gone, and was not ours`),
    ];
  }

  untrue(): string[] {
    return this.report.kept
      .filter((device) => !this.isTrue(device))
      .map(({ uuid, why }) => `${uuid} was kept, and it is not so that ${why}`);
  }

  /** A guest that stands still here because nobody resumed it is said to a person. */
  unsaid(): string[] {
    const { rest, side, domain, report } = this;
    const held = side === 'destination' && domain?.state === 'paused' && !rest.before.pausedByUser;
    if (!held || report.attention.some((line) => line.includes(rest.before.guest))) return [];
    return ['the guest is paused, and the report asks nobody to look'];
  }

  /** Devices that were there before and that we have not made. */
  private ofOthers(): string[] {
    const { before, schedule } = this.rest;
    if (this.side === 'destination') return before.spare;
    return schedule.sourceDevicesOurs ? [] : before.sourceMdevs;
  }

  private isTrue({ uuid, why }: ReconciledDevice): boolean {
    const { domain, used } = this;
    if (/^domain .* uses it/.test(why)) return used.has(uuid);
    if (why.startsWith('its guest is here, paused')) return domain?.state === 'paused' && used.has(uuid);
    if (why.startsWith('its guest is paused here on other devices')) return domain?.state === 'paused';
    if (why.startsWith('its guest is here without it')) return domain !== undefined && !used.has(uuid);
    if (why.startsWith('a migration left it behind on purpose'))
      return this.side === 'source' && this.rest.schedule.policy.sourceMdevs === 'keep';
    return false; // no migration runs, Temporal answers, every domain can be read, and nothing changes
  }
}
