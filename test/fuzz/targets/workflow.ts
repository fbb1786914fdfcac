/** What a workflow is told from outside: its input, the arguments of its commands, the signal of a job's figures, failures. */
import { ActivityFailure, ApplicationFailure, RetryState, TimeoutFailure } from '@temporalio/common';
import {
  type Command,
  COMMAND_ARGUMENTS,
  DEFAULT_POLICY,
  POLICY_NUMBERS,
  checkMigrationInput,
  isHostId,
  isUuid,
  readJobProgress,
  readReportedProgress,
} from '../../../src/contract';
import {
  failureType,
  isAgentLost,
  refusalOf,
  tellsSourceStopped,
  wasLostBeforeJob,
} from '../../../workflows/failures';
import { progressLine } from '../../../src/cli/render';
import { type Outcome, isWellFormed, must, valueTarget } from '../target';

const GUEST = '6a1b2c3d-0000-4000-8000-000000000001';

const WORDS: readonly unknown[] = [
  ...[
    GUEST,
    GUEST.toUpperCase(),
    `${GUEST}\n`,
    `{${GUEST}}`,
    '6a1b2c3d00004000800000000000001',
    'host-b',
    'HOST-B',
  ],
  ...[
    'host-b\n',
    '-host',
    'host.',
    '..',
    '../../etc',
    'a'.repeat(63),
    'a'.repeat(64),
    'host-b;reboot',
    'constructor',
  ],
  ...[
    'qemu+ext://host/system',
    'qemu+ssh://h/system?command=/bin/sh',
    'fenced',
    'libvirt',
    'remove',
    'keep',
    'abort',
  ],
  ...['source', 'destination', 2_000_000, 2_000_001, 1, '1', [1], 604_800, `${'a'.repeat(75)}😀😀`],
];

/** Nobody reads more, and a failure's message stands in the history and in each log. */
const MOST_CHARACTERS = 8_000;

function refused(problems: readonly string[]): Outcome {
  must(problems.length > 0, 'refused without a reason');
  const text = problems.join('; ');
  must(text.length <= MOST_CHARACTERS, `the reasons have ${text.length} characters`);
  must(isWellFormed(text), 'a reason holds half a character');
  return 'refused';
}

export const migrationInput = valueTarget({
  name: 'migration-input',
  about:
    "A migration's input: what is accepted is of its form in every field, and the rest is refused in few words.",
  bases: {
    least: { guest: GUEST, source: 'host-a', destination: 'host-b' },
    all: { guest: GUEST, source: 'host-a', destination: 'host-b', policy: { ...DEFAULT_POLICY } },
  },
  tokens: WORDS,
  judge(value) {
    const checked = checkMigrationInput(value);
    if (!checked.ok) return refused(checked.problems);
    const { guest, source, destination, policy } = checked.input;
    must(isUuid(guest) && isHostId(source) && isHostId(destination), 'a name is not of its form');
    for (const [field, least, most] of POLICY_NUMBERS) {
      const number = policy[field];
      must(number === undefined || (Number.isInteger(number) && number >= least && number <= most), field);
    }
    must(
      Object.keys(policy).every((key) => Object.hasOwn(DEFAULT_POLICY, key)),
      'an unknown field of the policy',
    );
    return 'accepted';
  },
});

/** Of each command an argument that is legal. */
const ARGUMENTS: Record<Command, unknown> = {
  abort: null,
  forceComplete: { maxDowntimeMs: 900 },
  setMaxDowntime: { maxDowntimeMs: 900 },
  setBandwidth: { bandwidthMiBps: 100 },
  resolve: { guestIsOn: 'source' },
};

export const commandArguments = valueTarget({
  name: 'commands',
  about:
    'The arguments of the workflow\'s updates, "resolve" among them: refused in few words, or of their form.',
  bases: { ...ARGUMENTS, fenced: { fenced: 'host-b' } },
  tokens: WORDS,
  judge(value, base) {
    const command = (base === 'fenced' ? 'resolve' : base) as Command;
    const problems = COMMAND_ARGUMENTS[command](value);
    if (problems.length > 0) return refused(problems);
    if (command === 'resolve') {
      const { guestIsOn, fenced } = value as Record<string, unknown>;
      must(guestIsOn === undefined ? isHostId(fenced as string) : fenced === undefined, 'two words, or none');
    }
    return 'accepted';
  },
});

const PROGRESS = {
  ...{
    phase: 'pre-copy',
    elapsedMs: 1_200,
    bytesSent: 4_096,
    bytesRemaining: 1,
    bytesTotal: 8_192,
    vfioBytes: 77,
  },
  ...{ dirtyPagesPerSec: 3, iteration: 2, mibPerSec: 900, maxDowntimeMs: 300, expectedDowntimeMs: null },
};

export const progressReports = valueTarget({
  name: 'progress-reports',
  about:
    "A job's figures by signal or heartbeat: left out, or all of them numbers; so that every reader can show them.",
  bases: { signal: { ...PROGRESS, at: '2026-01-31T12:34:56.789Z' }, heartbeat: PROGRESS },
  tokens: ['pre-copy', 'switchover', 'resuming', '2026-01-31T12:34:56Z', '\x1b[31m', 0, 1e15],
  judge(value, base) {
    const read = base === 'signal' ? readReportedProgress(value) : readJobProgress(value);
    if (read === null) return 'left out';
    const snapshot = { status: 'RUNNING', progress: null, job: read, pending: [], trouble: null };
    must(/^[\x20-\x7e]+$/.test(progressLine(snapshot)), 'a terminal is told more than figures');
    return 'taken';
  },
});

/** As a workflow meets them: from an agent, or from whoever answered in its stead. */
export const activityFailures = valueTarget({
  name: 'activity-failures',
  about:
    "The details of an activity's failure and its last heartbeat: read for what they say, whatever they are.",
  bases: { details: { sourceStopped: true, code: 55 }, heartbeat: PROGRESS },
  tokens: [true, 55, 'starting', { phase: 'starting' }, { sourceStopped: true }],
  judge(value) {
    const failure = ApplicationFailure.nonRetryable('no', 'MigrationFailed', value);
    const timeout = new TimeoutFailure('silent', value, 'HEARTBEAT');
    const answers = [failure, timeout].map((cause) => {
      const lost = new ActivityFailure('lost', 'migrateGuest', '1', RetryState.TIMEOUT, 'agent', cause);
      return [failureType(lost), isAgentLost(lost), wasLostBeforeJob(lost), tellsSourceStopped(lost)];
    });
    const refusal = refusalOf(failure);
    must(refusal === undefined || typeof refusal === 'string', 'the refusal is no text');
    return JSON.stringify(answers.map((answer) => answer.slice(2)));
  },
});
