/** The workflows of query-fault.ts. */
import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineUpdate,
  proxyActivities,
  setHandler,
  sleep,
} from '@temporalio/workflow';

const { step } = proxyActivities<{ step(): Promise<void> }>({ startToCloseTimeout: '30 seconds' });

export const lookQuery = defineQuery<number>('look');
export const goOnUpdate = defineUpdate<void>('goOn');

/** Each round: a step, and then an update or a moment's wait. */
export async function Rounds(rounds: number): Promise<void> {
  let updates = 0;
  setHandler(lookQuery, () => updates);
  setHandler(
    goOnUpdate,
    () => {
      updates++;
    },
    {
      validator: () => {
        if (updates >= rounds) throw ApplicationFailure.nonRetryable('more updates than rounds');
      },
    },
  );
  for (let round = 0; round < rounds; round++) {
    await step();
    const before = updates;
    await condition(() => updates > before, 300);
  }
}

/** Takes a place in the worker's memory. */
export async function Idle(): Promise<void> {
  await sleep('1 hour');
}
