/** One schedule from its begin to its rest: the migration, its faults, and what is found when all is up again. */
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import {
  type MigrationResult,
  type Resolution,
  LIVE_MIGRATE_VGPU,
  ORCHESTRATOR_TASK_QUEUE,
  migrationWorkflowId,
} from '../../src/contract';
import { Blows, type Struck } from './blows';
import { CommandLog } from './commands';
import { decodedHistory } from './history';
import type { AtRest } from './at-rest';
import { findWrongs } from './invariants';
import type { Side } from './faults';
import type { Before, Lane } from './lane';
import type { Orchestrators } from './orchestrators';
import { ended, inTime, throughOutages } from './patience';
import type { Schedule } from './schedule';
import { isSdkFault, misunderstoodTasks } from './sdk-fault';
import { type Swept, sweepBoth } from './sweep';
import type { TemporalServer } from './temporal-server';
import { type End, Waiting } from './waiting';

/** A task of an orchestrator that was killed goes to another one after this long. */
const WORKFLOW_TASK_TIMEOUT = '2 seconds';

/** A step that has nobody to report to has its call to the hypervisor's longest wait left. */
const QUIET_MS = 15_000;

/** Outcome of a run that says nothing of us; there may be few. */
export const STUCK_BY_SDK = 'stuck by a fault of the SDK';

export interface RunReport {
  seed: number;
  outcome: string;
  /** What the operator had to say. */
  resolved: Resolution | null;
  struck: Struck[];
  wrongs: string[];
  ms: number;
  /** Of the workflow's history. */
  events: number;
  history: string;
}

export interface Shared {
  client: Client;
  orchestrators: Orchestrators;
  temporal: TemporalServer;
}

export async function runSchedule(lane: Lane, schedule: Schedule, shared: Shared): Promise<RunReport> {
  const startedAt = Date.now();
  const { client, orchestrators, temporal } = shared;
  const before = await lane.begin(schedule);
  const handle = client.workflow.getHandle<() => Promise<MigrationResult>>(migrationWorkflowId(before.guest));
  const commands = new CommandLog(handle);
  lane.store.onJobChange = (job) => commands.jobChanged(job);
  const blows = new Blows(lane, before.guest, schedule.faults, {
    abort: () => handle.cancel().then(() => undefined),
    terminate: () => handle.terminate('by its schedule').then(() => undefined),
    killOrchestrator: () => orchestrators.killOne(),
    killTemporal: (backAfterMs) => temporal.kill(backAfterMs),
    command: (blow) => commands.send(blow),
  });
  const unlisten = temporal.onKilled(() => blows.sharedBlow({ kind: 'Temporal killed', backAfterMs: 0 }));
  await blows.arm();
  lane.watch = blows;
  const timeGoesOn = keepTimeGoing(lane);
  try {
    await throughOutages(temporal, () => start(client, lane, before, schedule));
    const end = await new Waiting(
      { handle, lane, guest: before.guest, blows, preferred: preferred(schedule) },
      temporal,
    ).run();
    const { outcome, resolved } = end;
    await blows.disarm(schedule.faults);
    await blows.heal();
    await commands.settled();
    if (outcome.kind === 'waits') await throughOutages(temporal, () => ended(handle, 'the run is over'));
    const quiet = await settled(lane, outcome.kind === 'terminated');
    const undoneBySweep =
      outcome.kind === 'terminated' ||
      blows.lostAHost ||
      (outcome.kind === 'completed' && (await endedThere(lane, before.guest)));
    const swept = undoneBySweep ? await throughOutages(temporal, () => sweepBoth(client, lane)) : null;
    const history = await throughOutages(temporal, () => handle.fetchHistory());
    const wrongs = [...quiet, ...end.wrongs, ...commands.wrongs];
    const stuck = isSdkFault(history);
    const rest = await atRest({
      lane,
      schedule,
      before,
      outcome,
      resolved,
      blows,
      swept,
      history: decodedHistory(history),
      misunderstood: misunderstoodTasks(history),
    });
    return {
      seed: schedule.seed,
      outcome: stuck ? STUCK_BY_SDK : outcome.kind === 'failed' ? outcome.type : outcome.kind,
      resolved,
      struck: blows.struck,
      wrongs: stuck ? [] : [...wrongs, ...findWrongs(rest)],
      ms: Date.now() - startedAt,
      events: history.events?.length ?? 0,
      history: rest.history,
    };
  } finally {
    unlisten();
    lane.watch = undefined;
    timeGoesOn.end();
  }
}

function preferred({ seed }: Schedule): Side {
  return seed % 2 === 0 ? 'source' : 'destination';
}

async function start(client: Client, lane: Lane, before: Before, schedule: Schedule): Promise<void> {
  const { guest } = before;
  const { source, destination } = lane.hosts;
  const input = {
    ...{ guest, source, destination },
    policy: { maxDowntimeMs: 300, bandwidthMiBps: 0, ...schedule.policy },
  };
  try {
    await client.workflow.start(LIVE_MIGRATE_VGPU, {
      taskQueue: ORCHESTRATOR_TASK_QUEUE,
      workflowId: migrationWorkflowId(guest),
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
      args: [input],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error; // the answer was lost
  }
}

/** The fleet's time goes on by itself, also when no agent looks. */
function keepTimeGoing(lane: Lane): { end(): void } {
  let over = false;
  void lane.fleet.until(() => over);
  return {
    end: () => {
      over = true;
    },
  };
}

/** Steps that are still under way, in living agents and killed ones, come to their end; `withJob`: libvirt's job too. */
async function settled(lane: Lane, withJob: boolean): Promise<string[]> {
  const { source, destination } = lane.agents;
  const quiet = async (): Promise<unknown> => Promise.all([source.quiet(), destination.quiet()]);
  const jobEnds = async (): Promise<void> => {
    await lane.fleet.until(({ jobs }) => jobs.every(({ step }) => step === 'ended'));
    while (source.jobs + destination.jobs > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  if (await inTime(withJob ? jobEnds().then(quiet) : quiet(), QUIET_MS)) return [];
  return [`still under way: ${[...source.steps, ...destination.steps].join(', ')}, ${source.jobs} job(s)`];
}

/** A transient guest that has ended after it had arrived: nobody is left to remove its devices but the sweep. */
async function endedThere(lane: Lane, guest: string): Promise<boolean> {
  const { hosts } = await lane.fleet.snapshot();
  return !hosts[lane.hosts.destination]!.domains.some(({ uuid }) => uuid === guest);
}

interface Rest extends Omit<End, 'wrongs'> {
  lane: Lane;
  schedule: Schedule;
  before: Before;
  swept: Swept | null;
  blows: Blows;
  history: string;
  misunderstood: string[];
}

async function atRest({ lane, blows, ...rest }: Rest): Promise<AtRest> {
  const files = (side: 'source' | 'destination'): AtRest['ledger']['source'] => ({
    claims: lane.ledgerFiles(side, 'claims'),
    created: lane.ledgerFiles(side, 'created'),
    quarantine: lane.ledgerFiles(side, 'quarantine'),
  });
  return {
    ...rest,
    struck: blows.struck,
    fleet: await lane.fleet.snapshot(),
    hosts: lane.hosts,
    ledger: { source: files('source'), destination: files('destination') },
    wrongs: lane.store.wrongs,
    jobsInAgents: lane.agents.source.jobs + lane.agents.destination.jobs,
  };
}
