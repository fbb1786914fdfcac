/** The rules for what a client may pass to `LiveMigrateVgpu`: one function, used by the CLI and by the workflow. */
import type { Command } from './commands';
import type { MigrationInput } from './migration';
import { DEFAULT_POLICY, type MigrationPolicy } from './policy';
import { firstOf, show } from './show';

/** A migration's input that was checked; `policy` is only what was asked for, for the profile comes before the defaults. */
export interface CompleteInput extends MigrationInput {
  policy: Partial<MigrationPolicy>;
}

export type InputCheck = { ok: true; input: CompleteInput } | { ok: false; problems: string[] };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A host id becomes part of queue names: RFC 1123 names, nothing that a shell, XML or path could take amiss. */
const HOST_ID = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;

/** QEMU refuses a maximum downtime above 2000 s (MAX_MIGRATE_DOWNTIME_SECONDS in its migration/options.h). */
const LONGEST_DOWNTIME_MS = 2_000_000;

/** libvirt takes MiB/s up to what fits in 63 bits as bytes; a tebibyte a second is past any link. */
const LARGEST_BANDWIDTH_MIBPS = 1_048_576;

/** Longer than any migration is worth waiting for: a week. */
const LONGEST_SECONDS = 604_800;
const MOST_STEPS = 100;

/** Whole numbers of a policy: name, least, most. */
export const POLICY_NUMBERS = [
  ['initialDowntimeMs', 1, LONGEST_DOWNTIME_MS],
  ['maxDowntimeMs', 1, LONGEST_DOWNTIME_MS],
  ['downtimeSteps', 1, MOST_STEPS],
  ['downtimeStepSecondsPerGiB', 0, LONGEST_SECONDS],
  ['completionTimeoutSecondsPerGiB', 0, LONGEST_SECONDS],
  ['progressTimeoutSeconds', 0, LONGEST_SECONDS],
  ['forceCompleteDowntimeMs', 1, LONGEST_DOWNTIME_MS],
  ['bandwidthMiBps', 0, LARGEST_BANDWIDTH_MIBPS],
] as const satisfies readonly (readonly [keyof MigrationPolicy, number, number])[];

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function isHostId(text: string): boolean {
  return HOST_ID.test(text);
}

/** Reads a migration's input; `problems` names every field that is not of its form, with what was found. */
export function checkMigrationInput(raw: unknown): InputCheck {
  if (!isRecord(raw))
    return {
      ok: false,
      problems: [`input: found ${show(raw)}, required an object with guest, source and destination`],
    };
  const problems = [
    ...unknownFields(raw, ['guest', 'source', 'destination', 'policy'], ''),
    ...guestProblems(raw.guest),
    ...hostProblems('source', raw.source),
    ...hostProblems('destination', raw.destination),
    ...policyProblems(raw.policy),
  ];
  if (problems.length > 0) return { ok: false, problems: firstOf(problems) };
  const input = raw as unknown as MigrationInput;
  return { ok: true, input: { ...input, policy: input.policy ?? {} } };
}

function guestProblems(guest: unknown): string[] {
  if (typeof guest === 'string' && UUID.test(guest)) return [];
  return [
    `guest: found ${show(guest)}, required a UUID in lower case, such as 6a1b2c3d-0000-4000-8000-000000000001`,
  ];
}

function hostProblems(field: string, host: unknown): string[] {
  if (typeof host === 'string' && HOST_ID.test(host)) return [];
  return [
    `${field}: found ${show(host)}, required a host id (lower-case letters, digits, '-' and '.', at most 63)`,
  ];
}

function policyProblems(policy: unknown): string[] {
  if (policy === undefined) return [];
  if (!isRecord(policy)) return [`policy: found ${show(policy)}, required an object`];
  return [
    ...unknownFields(policy, Object.keys(DEFAULT_POLICY), 'policy.'),
    ...POLICY_NUMBERS.flatMap(([field, least, most]) =>
      wholeNumberProblems(`policy.${field}`, policy[field], least, most),
    ),
    ...choiceProblems('policy.onTimeout', policy.onTimeout, ['abort', 'force-complete']),
    ...choiceProblems('policy.switchover', policy.switchover, ['fenced', 'libvirt']),
    ...choiceProblems('policy.sourceMdevs', policy.sourceMdevs, ['remove', 'keep']),
  ];
}

function unknownFields(record: Record<string, unknown>, known: string[], prefix: string): string[] {
  return Object.keys(record)
    .filter((key) => !known.includes(key))
    .map((key) => `${prefix}${show(key)}: unknown field; known here: ${known.join(', ')}`);
}

function wholeNumberProblems(field: string, value: unknown, least: number, most: number): string[] {
  if (value === undefined) return [];
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return [];
  return [`${field}: found ${show(value)}, required a whole number from ${least} to ${most}`];
}

function choiceProblems(field: string, value: unknown, choices: string[]): string[] {
  if (value === undefined || choices.includes(value as string)) return [];
  return [`${field}: found ${show(value)}, required one of ${choices.join(', ')}`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type ArgumentCheck = (raw: unknown) => string[];

/** The rules for the arguments of the workflow's commands; what is wrong, in words, or nothing. */
export const COMMAND_ARGUMENTS: Record<Command, ArgumentCheck> = {
  abort: () => [],
  forceComplete: (raw) =>
    raw === undefined || raw === null
      ? []
      : recordProblems(raw, ['maxDowntimeMs'], ({ maxDowntimeMs }) =>
          wholeNumberProblems('maxDowntimeMs', maxDowntimeMs, 1, LONGEST_DOWNTIME_MS),
        ),
  setMaxDowntime: (raw) =>
    recordProblems(raw, ['maxDowntimeMs'], ({ maxDowntimeMs }) => [
      ...presence('maxDowntimeMs', maxDowntimeMs),
      ...wholeNumberProblems('maxDowntimeMs', maxDowntimeMs, 1, LONGEST_DOWNTIME_MS),
    ]),
  setBandwidth: (raw) =>
    recordProblems(raw, ['bandwidthMiBps'], ({ bandwidthMiBps }) => [
      ...presence('bandwidthMiBps', bandwidthMiBps),
      ...wholeNumberProblems('bandwidthMiBps', bandwidthMiBps, 0, LARGEST_BANDWIDTH_MIBPS),
    ]),
  resolve: (raw) => recordProblems(raw, ['guestIsOn', 'fenced'], resolutionProblems),
};

function resolutionProblems({ guestIsOn, fenced }: Record<string, unknown>): string[] {
  if ((guestIsOn === undefined) === (fenced === undefined))
    return ["required one of guestIsOn ('source' or 'destination') and fenced (a host id)"];
  return fenced === undefined
    ? choiceProblems('guestIsOn', guestIsOn, ['source', 'destination'])
    : hostProblems('fenced', fenced);
}

function recordProblems(
  raw: unknown,
  known: string[],
  check: (record: Record<string, unknown>) => string[],
): string[] {
  if (!isRecord(raw)) return [`found ${show(raw)}, required an object with ${known.join(' or ')}`];
  return firstOf([...unknownFields(raw, known, ''), ...check(raw)]);
}

function presence(field: string, value: unknown): string[] {
  return value === undefined ? [`${field}: found nothing, required a whole number`] : [];
}
