/** One schedule from its begin to its rest: the migration, its faults, and what is found when all is up again. */
import {
  type Client,
  type WorkflowHandle,
  ApplicationFailure,
  CancelledFailure,
  WorkflowFailedError,
} from '@temporalio/client';
import {
  type GuestOnHost,
  type MigrationProgress,
  type MigrationResult,
  LIVE_MIGRATE_VGPU,
  ORCHESTRATOR_TASK_QUEUE,
  PROGRESS_QUERY,
  migrationWorkflowId,
} from '../../src/contract';
import { classify, classifyDestination } from '../../workflows/ownership';
import { OWNERSHIP_TABLE } from '../../workflows/ownership-table';
import { observeGuest } from '../../src/hypervisor/simulated/domains';
import { Blows, type Struck } from './blows';
import { decodedHistory } from './history';
import { type AtRest, type Outcome, findWrongs } from './invariants';
import type { Before, Lane } from './lane';
import type { Orchestrators } from './orchestrators';
import type { Schedule } from './schedule';

/** A task of an orchestrator that was killed goes to another one after this long. */
const WORKFLOW_TASK_TIMEOUT = '2 seconds';

/** No schedule needs a sixth of it on an idle machine; a busy one may be that much slower. */
const GIVE_UP_MS = 120_000;

/** So long after the last repair a workflow that still waits will not be helped by waiting. */
const CALM_MS = 4_000;
const LOOK_EACH_MS = 1_000;

/** A step that has nobody to report to has its call to the hypervisor's longest wait left. */
const QUIET_MS = 15_000;

export interface RunReport {
  seed: number;
  outcome: string;
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
}

type Handle = WorkflowHandle<() => Promise<MigrationResult>>;

export async function runSchedule(lane: Lane, schedule: Schedule, shared: Shared): Promise<RunReport> {
  const startedAt = Date.now();
  const before = await lane.begin(schedule);
  const handle = shared.client.workflow.getHandle<() => Promise<MigrationResult>>(
    migrationWorkflowId(before.guest),
  );
  const blows = new Blows(lane, before.guest, schedule.faults, {
    abort: () => handle.cancel().then(() => undefined),
    killOrchestrator: () => shared.orchestrators.killOne(),
  });
  await blows.arm();
  lane.watch = blows;
  const timeGoesOn = keepTimeGoing(lane);
  try {
    await start(shared.client, lane, before, schedule);
    const outcome = await untilItRests(handle, lane, before, blows);
    await blows.disarm(schedule.faults);
    await blows.heal();
    if (outcome.kind === 'waits') await handle.terminate('the run is over');
    const quiet = await settled(lane);
    const history = await handle.fetchHistory();
    const rest = await atRest({ lane, schedule, before, outcome, blows, history: decodedHistory(history) });
    return {
      seed: schedule.seed,
      outcome:
        outcome.kind === 'completed' ? 'completed' : outcome.kind === 'failed' ? outcome.type : 'waits',
      struck: blows.struck,
      wrongs: [...quiet, ...findWrongs(rest)],
      ms: Date.now() - startedAt,
      events: history.events?.length ?? 0,
      history: rest.history,
    };
  } finally {
    lane.watch = undefined;
    timeGoesOn.end();
  }
}

async function start(client: Client, lane: Lane, before: Before, schedule: Schedule): Promise<void> {
  const { guest } = before;
  const { source, destination } = lane.hosts;
  await client.workflow.start(LIVE_MIGRATE_VGPU, {
    taskQueue: ORCHESTRATOR_TASK_QUEUE,
    workflowId: migrationWorkflowId(guest),
    workflowIdConflictPolicy: 'FAIL',
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
    args: [
      {
        guest,
        source,
        destination,
        policy: { maxDowntimeMs: 300, bandwidthMiBps: 0, ...schedule.policy },
      },
    ],
  });
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

async function untilItRests(handle: Handle, lane: Lane, before: Before, blows: Blows): Promise<Outcome> {
  const ended = handle.result().then(
    (result): Outcome => ({ kind: 'completed', result }),
    (error: unknown): Outcome => failureOf(error),
  );
  const giveUpAt = Date.now() + GIVE_UP_MS;
  let calmSince: number | undefined;
  for (;;) {
    if (await inTime(ended, LOOK_EACH_MS)) return ended;
    if (Date.now() > giveUpAt) {
      await handle.terminate('it did not end in time');
      return { kind: 'failed', type: 'did not end', message: `running after ${GIVE_UP_MS} ms` };
    }
    calmSince = (await blows.calm()) ? (calmSince ?? Date.now()) : undefined;
    if (calmSince === undefined || Date.now() - calmSince < CALM_MS) continue;
    const why = await honestWait(handle, lane, before);
    if (why !== undefined) return { kind: 'waits', why };
  }
}

function failureOf(error: unknown): Outcome {
  const cause = error instanceof WorkflowFailedError ? error.cause : error;
  if (cause instanceof CancelledFailure) return { kind: 'failed', type: 'canceled', message: cause.message };
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  return { kind: 'failed', type: type ?? 'unknown', message: String(cause) };
}

/** The words of a workflow that waits for a person, if the table gives it that right in the state that the hosts are in. */
async function honestWait(handle: Handle, lane: Lane, before: Before): Promise<string | undefined> {
  const progress = await handle.query<MigrationProgress>(PROGRESS_QUERY).catch(() => null);
  const waitingFor = progress?.waitingFor;
  if (!waitingFor) return undefined;
  const fleet = await lane.fleet.snapshot();
  const seen = (host: string): GuestOnHost => observeGuest(fleet, fleet.hosts[host]!, before.guest);
  const [source, destination] = [
    classify(seen(lane.hosts.source)),
    classifyDestination(seen(lane.hosts.destination)),
  ];
  const row = OWNERSHIP_TABLE.find(
    (one) =>
      (one.owner === 'unknown' || one.owner === 'split-brain') &&
      one.source.includes(source) &&
      one.destination.includes(destination) &&
      waitingFor.includes(one.why),
  );
  return row?.why;
}

/** Steps that are still under way, in living agents and killed ones, come to their end. */
async function settled(lane: Lane): Promise<string[]> {
  const quiet = Promise.all([lane.agents.source.quiet(), lane.agents.destination.quiet()]);
  if (await inTime(quiet, QUIET_MS)) return [];
  const steps = [...lane.agents.source.steps, ...lane.agents.destination.steps];
  return [`steps still under way: ${steps.join(', ')}`];
}

interface Rest {
  lane: Lane;
  schedule: Schedule;
  before: Before;
  outcome: Outcome;
  blows: Blows;
  history: string;
}

async function atRest({ lane, schedule, before, outcome, blows, history }: Rest): Promise<AtRest> {
  const files = (side: 'source' | 'destination'): AtRest['ledger']['source'] => ({
    claims: lane.ledgerFiles(side, 'claims'),
    created: lane.ledgerFiles(side, 'created'),
    quarantine: lane.ledgerFiles(side, 'quarantine'),
  });
  return {
    schedule,
    struck: blows.struck,
    outcome,
    before,
    fleet: await lane.fleet.snapshot(),
    hosts: lane.hosts,
    ledger: { source: files('source'), destination: files('destination') },
    wrongs: lane.store.wrongs,
    history,
    jobsInAgents: lane.agents.source.jobs + lane.agents.destination.jobs,
  };
}

/** Whether `what` has settled before the time is over. */
async function inTime(what: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => (timer = setTimeout(resolve, ms, false)));
  try {
    return await Promise.race([what.then(() => true), limit]);
  } finally {
    clearTimeout(timer);
  }
}
