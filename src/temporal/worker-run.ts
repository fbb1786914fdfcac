/** Running workers to their end, also where the SDK does not tell of it. */
import type { Worker } from '@temporalio/worker';

const LOOK_EACH_MS = 1_000;

/**
 * `Worker.run` of SDK 1.24.0 does not settle when a poll was refused for good, of an API key that is no longer taken for
 * example (seen): the worker's state is FAILED, and its process would live on with nobody at work. By then one that ends
 * by itself has ended.
 */
const FAILED_ENDS_WITHIN_MS = 10_000;

/** For those that are stopped because another one has failed. */
const OTHERS_END_WITHIN_MS = 20_000;

/** A worker has failed and stays so: only another process helps. */
export class WorkerFailedError extends Error {
  override readonly name = 'WorkerFailedError';
  constructor(queue: string) {
    super(
      `The worker of ${queue} has failed, and does not end by itself: Temporal has refused it for good. The last lines of the ` +
        'log say why. If its API key is no longer taken, give the new one, and start it again.',
    );
  }
}

/** When one worker ends, for whatever reason, the others must not go on alone. */
export async function runTogether(workers: readonly Worker[]): Promise<void> {
  const runs = workers.map((worker) => toItsEnd(worker).finally(() => workers.forEach(stopWorker)));
  let limit: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    for (const run of runs)
      run.catch((error: Error) => (limit ??= setTimeout(() => reject(error), OTHERS_END_WITHIN_MS)));
  });
  try {
    const ended = await Promise.race([Promise.allSettled(runs), failed]);
    const lost = ended.find((run) => run.status === 'rejected');
    if (lost) throw lost.reason;
  } finally {
    clearTimeout(limit);
  }
}

function toItsEnd(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    let failedMs = 0;
    const looks = setInterval(() => {
      if (worker.getState() !== 'FAILED') return;
      failedMs += LOOK_EACH_MS;
      if (failedMs < FAILED_ENDS_WITHIN_MS) return;
      clearInterval(looks);
      reject(new WorkerFailedError(worker.options.taskQueue));
    }, LOOK_EACH_MS);
    worker
      .run()
      .then(resolve, reject)
      .finally(() => clearInterval(looks));
  });
}

/** One that runs; others are on their way already. */
export function stopWorker(worker: Worker): void {
  if (worker.getState() === 'RUNNING') worker.shutdown();
}
