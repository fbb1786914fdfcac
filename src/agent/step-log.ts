/** A line in the log for each step that an agent has done for a workflow; looks, which come by the dozen, have none. */
import type { WorkerInterceptors } from '@temporalio/worker';
import type { Log } from '../../activities';
import type { HostActivities } from '../contract';

const LOOKS: readonly (keyof HostActivities)[] = [
  ...(['observeGuest', 'watchGuest', 'findGuest', 'describeHost', 'checkDestination'] as const),
];

export function stepLog(log: Log): WorkerInterceptors {
  return {
    activity: [
      ({ info: { activityType: step, attempt } }) => ({
        inbound: {
          async execute(input, next) {
            if ((LOOKS as string[]).includes(step)) return next(input);
            const startedAt = performance.now();
            const fields = (): object => ({ step, attempt, ms: Math.round(performance.now() - startedAt) });
            try {
              const answer = await next(input);
              log.info(fields(), 'step done');
              return answer;
            } catch (error) {
              log.warn({ ...fields(), error: String(error) }, 'step failed');
              throw error;
            }
          },
        },
      }),
    ],
  };
}
