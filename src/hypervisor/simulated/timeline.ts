/** Lets everything happen that is due, in the order of its time. Fleet time moves only here. */
import { peerConnectionGone } from './errors';
import { failJob } from './job-end';
import { completeStep } from './job-plan';
import { healLink, startLibvirtd } from './outages';
import type { FleetState, MigrationJob } from './state';

interface Due {
  at: number;
  happen(): void;
}

export function advance(fleet: FleetState, now: number): void {
  for (let due = firstDue(fleet); due && due.at <= now; due = firstDue(fleet)) {
    fleet.now = Math.max(fleet.now, due.at);
    fleet.revision++;
    due.happen();
  }
  fleet.now = Math.max(fleet.now, now);
}

/** When the fleet next changes by itself: any change, for a link that heals or a daemon that starts changes jobs too. */
export function nextChangeAt(fleet: FleetState): number | undefined {
  return firstDue(fleet)?.at;
}

function firstDue(fleet: FleetState): Due | undefined {
  const all = [...jobsDue(fleet), ...daemonsDue(fleet), ...linksDue(fleet)];
  return all.reduce<Due | undefined>((first, due) => (first && first.at <= due.at ? first : due), undefined);
}

/** When the job next changes by itself; `undefined` once it has ended. */
function jobChangesAt(job: MigrationJob): number | undefined {
  return job.stall?.failsAt ?? job.stepEndsAt ?? undefined;
}

function jobsDue(fleet: FleetState): Due[] {
  return fleet.jobs.flatMap((job) => {
    const at = jobChangesAt(job);
    if (at === undefined) return [];
    return [
      { at, happen: () => (job.stall ? failJob(fleet, job, peerConnectionGone) : completeStep(fleet, job)) },
    ];
  });
}

function daemonsDue(fleet: FleetState): Due[] {
  return Object.values(fleet.hosts).flatMap(({ name, libvirtd }) =>
    libvirtd.restartAt === null ? [] : [{ at: libvirtd.restartAt, happen: () => startLibvirtd(fleet, name) }],
  );
}

function linksDue(fleet: FleetState): Due[] {
  return fleet.cutLinks.flatMap((cut) =>
    cut.healsAt === null ? [] : [{ at: cut.healsAt, happen: () => healLink(fleet, cut) }],
  );
}
