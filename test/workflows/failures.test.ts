/** How the workflow reads what the server says of a step that nobody took. */
import { DefaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { isAgentUnreachable } from '../../workflows/failures';

type Failure = Parameters<DefaultFailureConverter['failureToError']>[0];

const SCHEDULE_TO_START = 2;
const START_TO_CLOSE = 1;

const timeout = (timeoutType: number, cause?: Failure): Failure => ({
  message: 'timeout',
  timeoutFailureInfo: { timeoutType },
  ...(cause && { cause }),
});

/** As it reaches workflow code. */
function failed(cause: Failure): Error {
  const failure = {
    message: 'Activity task failed',
    cause,
    activityFailureInfo: { activityId: '2', activityType: { name: 'claimOnDestination' } },
  };
  return new DefaultFailureConverter().failureToError(failure, defaultPayloadConverter);
}

test.each([
  ['nobody took its first attempt', timeout(SCHEDULE_TO_START), true],
  // seen: an agent that died in its claim, and did not come back for the next attempt; the claim stood
  [
    'its first attempt was lost, and nobody took the second',
    timeout(SCHEDULE_TO_START, timeout(START_TO_CLOSE)),
    false,
  ],
  ['its attempt was lost', timeout(START_TO_CLOSE), false],
])('a step is one that no agent has seen: %s', (_what, cause, unreachable) => {
  expect(isAgentUnreachable(failed(cause))).toBe(unreachable);
});
