/**
 * Shows the fault of Temporal's SDK that docs/chaos.md tells of: `npm run bench:query-fault [FILE]`.
 *
 * The same workflows are run by a worker that keeps a few in memory, and by one that keeps none. In each round of one the memory is filled
 * with others, and then a query, the end of its step and an update come together. Counted are the workflows whose history can't be replayed.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { startEmbeddedTemporal } from '../src/temporal/embedded';
import { quietTemporal } from '../test/support/ferry';
import { Idle, Rounds, goOnUpdate, lookQuery } from './query-fault-workflows';

const WORKFLOWS = 12;
const ROUNDS = 4;
const IN_MEMORY = 6;
const STUCK_AFTER_MS = 4_000;
const silent = new DefaultLogger('ERROR', () => undefined);

interface Figures {
  inMemory: number;
  workflows: number;
  /** Their history can't be replayed. */
  spoiled: number;
  /** Updates that came back with "wasn't processed by worker", or not at all. */
  lostUpdates: number;
}

/** Steps that wait to be told that they are over. */
class Steps {
  private readonly waiting = new Map<string, () => void>();
  private readonly begun = new Map<string, () => void>();

  run = (): Promise<void> => {
    const { workflowId } = Context.current().info.workflowExecution!;
    return new Promise((end) => {
      this.waiting.set(workflowId, end);
      this.begun.get(workflowId)?.();
    });
  };

  async next(workflow: string): Promise<() => void> {
    if (!this.waiting.has(workflow)) await new Promise<void>((begun) => this.begun.set(workflow, begun));
    const end = this.waiting.get(workflow)!;
    this.waiting.delete(workflow);
    return end;
  }
}

/** Undefined if it takes longer than any task does that can be played. */
const inTime = <T>(promise: Promise<T>): Promise<T | undefined> =>
  Promise.race([promise, pause(STUCK_AFTER_MS, undefined, { ref: false })]);

const aMoment = (mostMs: number): Promise<void> => pause(Math.random() * mostMs);

class Bench {
  private readonly steps = new Steps();
  private lostUpdates = 0;

  constructor(
    private readonly client: Client,
    private readonly connection: NativeConnection,
    private readonly bundle: { code: string },
  ) {}

  async measure(inMemory: number): Promise<Figures> {
    const taskQueue = `in-memory-${inMemory}`;
    this.lostUpdates = 0;
    const worker = await Worker.create({
      ...{ connection: this.connection, taskQueue, workflowBundle: this.bundle },
      activities: { step: this.steps.run },
      maxCachedWorkflows: inMemory,
      maxConcurrentWorkflowTaskExecutions: 4,
    });
    void worker.run(); // a spoiled workflow keeps it from ending: the process ends it
    let spoiled = 0;
    for (let i = 0; i < WORKFLOWS; i++) if (await this.isSpoiled(taskQueue, i)) spoiled++;
    return { inMemory, workflows: WORKFLOWS, spoiled, lostUpdates: this.lostUpdates };
  }

  private async isSpoiled(taskQueue: string, i: number): Promise<boolean> {
    const workflowId = `${taskQueue}-${i}`;
    const handle = await this.client.workflow.start(Rounds, { taskQueue, workflowId, args: [ROUNDS] });
    for (let round = 0; round < ROUNDS; round++) {
      const end = await inTime(this.steps.next(workflowId));
      if (!end) break;
      for (let other = 0; other < IN_MEMORY + 2; other++)
        await this.client.workflow.start(Idle, { taskQueue, workflowId: `${workflowId}-${round}-${other}` });
      await pause(100);
      const answered = aMoment(25)
        .then(() => inTime(handle.executeUpdate(goOnUpdate).then(() => true)))
        .catch(() => false);
      await Promise.all([inTime(handle.query(lookQuery).catch(() => undefined)), aMoment(12).then(end)]);
      if (!(await answered)) this.lostUpdates++;
    }
    const history = await handle.fetchHistory();
    await handle.terminate().catch(() => undefined); // it may have ended
    return Worker.runReplayHistory({ workflowBundle: this.bundle }, history, workflowId).then(
      () => false,
      () => true,
    );
  }
}

async function main(): Promise<void> {
  quietTemporal();
  const temporal = await startEmbeddedTemporal();
  const { address } = temporal;
  const connection = await NativeConnection.connect({ address });
  const clientConnection = await Connection.connect({ address });
  const bundle = await bundleWorkflowCode({
    workflowsPath: require.resolve('./query-fault-workflows'),
    logger: silent,
  });
  const bench = new Bench(new Client({ connection: clientConnection }), connection, bundle);
  const figures = [await bench.measure(IN_MEMORY), await bench.measure(0)];
  console.table(figures);
  const [, , file] = process.argv;
  if (file) writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
  await temporal.stop();
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
