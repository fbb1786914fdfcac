/** Inputs come through Temporal and are not trusted: each is read by its schema before anything is done. */
import { ApplicationFailure } from '@temporalio/activity';
import { z } from 'zod';
import { protocolChecks } from '../src/checks';
import {
  AGENT_PROTOCOL,
  ErrorType,
  POLICY_NUMBERS,
  REFUSAL_MOST,
  brief,
  isHostId,
  isUuid,
} from '../src/contract';
import { preCheckFailure } from './failures';

const uuid = z.string().refine(isUuid, 'required a UUID in lower case');
const hostId = z.string().refine(isHostId, 'required a host id');
const mdevType = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/, 'required an mdev type id');
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'required a SHA-256 digest');
/** Temporal's run ids are UUIDs, workflow ids are ours; both become part of records, never of paths. */
const id = z.string().min(1).max(256);
const MOST_MDEVS = 64;

/** Of one side. */
const MOST_CHECKS = 32;

/** In characters: libvirt's own words among them. Of a longer text the beginning will do. */
const MOST_WORDS = 1_000;
const words = z.string().transform((text) => brief(text, MOST_WORDS));

/** Ours, from the ledger; none for a guest without devices. */
const claimId = z.string().max(256);

const migration = z.object({ workflow: id, run: id, guest: uuid, requiredProtocol: z.number().int().min(1) });

const failedCheck = z.object({
  check: words,
  host: words,
  found: words,
  required: words,
  fix: words,
});

const reason = z.enum([
  'booted',
  'unpaused',
  'migrated',
  'migration-cancelled',
  'migration',
  'user',
  'starting',
  'shutdown',
  'destroyed',
  'crashed',
  'failed',
  'saved',
  'daemon',
  'other',
]);

const guestOnHost = z.discriminatedUnion('state', [
  z.object({ state: z.literal('absent') }),
  z.object({ state: z.literal('shut-off'), reason, persistent: z.boolean() }),
  z.object({
    state: z.enum(['running', 'paused']),
    reason,
    job: z.enum(['none', 'outgoing', 'incoming', 'other']),
    persistent: z.boolean(),
  }),
]);

type PolicyNumber = (typeof POLICY_NUMBERS)[number][0];

const number = Object.fromEntries(
  POLICY_NUMBERS.map(([field, least, most]) => [field, z.number().int().min(least).max(most)]),
) as Record<PolicyNumber, z.ZodNumber>;

/** A workflow of protocol 1 knows no steps and no timeouts: it gets the one downtime that it names, and no limit. */
const policy = z
  .object({
    ...number,
    initialDowntimeMs: number.initialDowntimeMs.optional(),
    downtimeSteps: number.downtimeSteps.default(1),
    downtimeStepSecondsPerGiB: number.downtimeStepSecondsPerGiB.default(0),
    completionTimeoutSecondsPerGiB: number.completionTimeoutSecondsPerGiB.default(0),
    progressTimeoutSeconds: number.progressTimeoutSeconds.default(0),
    onTimeout: z.enum(['abort', 'force-complete']).default('abort'),
    forceCompleteDowntimeMs: number.forceCompleteDowntimeMs.optional(),
    switchover: z.enum(['fenced', 'libvirt']),
    sourceMdevs: z.enum(['remove', 'keep']),
  })
  .transform((given) => ({
    ...given,
    initialDowntimeMs: given.initialDowntimeMs ?? given.maxDowntimeMs,
    forceCompleteDowntimeMs: given.forceCompleteDowntimeMs ?? given.maxDowntimeMs,
  }));

const overrides = z.object({
  maxDowntimeMs: number.maxDowntimeMs.exactOptional(),
  bandwidthMiBps: number.bandwidthMiBps.exactOptional(),
});

export const inspectInput = z.object({ migration, destination: hostId });

const requests = z.array(z.object({ source: uuid, type: mdevType })).max(MOST_MDEVS);

export const checkDestinationInput = z.object({ migration, requests });

export const claimInput = z.object({
  migration,
  requests,
  persistent: z.boolean(),
  sourceFailed: z.array(failedCheck).max(MOST_CHECKS),
  source: hostId.exactOptional(),
});

export const migrateInput = z.object({
  migration,
  destination: hostId,
  policy,
  mdevs: z.array(z.object({ source: uuid, target: uuid })).max(MOST_MDEVS),
  xmlDigest: digest,
  persistent: z.boolean(),
  pausedByUser: z.boolean(),
  framebufferMiB: z.number().min(0).exactOptional(),
  overrides: overrides.exactOptional(),
  attach: z.boolean(),
});

export const jobControlInput = z.intersection(
  z.object({ migration }),
  z.discriminatedUnion('command', [
    z.object({ command: z.literal('abort') }),
    z.object({ command: z.literal('setMaxDowntime'), maxDowntimeMs: number.maxDowntimeMs }),
    z.object({ command: z.literal('setBandwidth'), bandwidthMiBps: number.bandwidthMiBps }),
  ]),
);

export const finalizeInput = z.object({
  migration,
  claimId,
  mdevs: z.array(uuid).max(MOST_MDEVS),
  persistent: z.boolean(),
  autostart: z.boolean(),
  pausedByUser: z.boolean(),
});

export const cleanUpInput = z.object({
  migration,
  mdevs: z.array(uuid).max(MOST_MDEVS),
  policy: z.enum(['remove', 'keep']),
});
export const releaseInput = z.object({
  migration,
  claimId: claimId.optional(),
  recycle: z.boolean(),
  refusal: z.string().max(REFUSAL_MOST).optional(),
});
export const observeInput = z.object({ migration, on: hostId.exactOptional() });
export const actInput = z.object({
  migration,
  act: z.enum(['resume', 'destroy', 'undefine', 'abort-job']),
  expect: guestOnHost,
  byOperator: z.boolean().exactOptional(),
  on: hostId.exactOptional(),
});
export const watchInput = z.object({
  migration,
  seen: z.union([z.object({ state: z.literal('unreachable'), why: words }), guestOnHost]),
  on: hostId.exactOptional(),
});
export const reconcileInput = z.object({ host: hostId });
export const findGuestInput = z.object({ guest: z.string().min(1).max(256) });

/** Reads an activity's input, or fails for good: a malformed one stays malformed. */
export function readInput<T extends z.ZodType>(schema: T, raw: unknown): z.infer<T> {
  let read: z.ZodSafeParseResult<z.infer<T>>;
  try {
    read = schema.safeParse(raw);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw refused('it is nested too deeply'); // a check that meets a list a thousand levels deep overflows the stack
  }
  if (!read.success) throw refused(z.prettifyError(read.error));
  return read.data;
}

function refused(why: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`Activity input refused: ${brief(why)}`, ErrorType.InvalidInput);
}

/** This agent is older than the caller needs: refuse by name instead of misreading its input. */
export function requireProtocol(host: string, required: number): void {
  const failed = protocolChecks(host, AGENT_PROTOCOL, required);
  if (failed.length > 0) throw preCheckFailure(failed);
}
