/** The rules for what a client may pass to `LiveMigrateVgpu`: one function, used by the CLI and by the workflow. */
import { DEFAULT_POLICY, type MigrationInput, type MigrationPolicy } from './migration';

/** A migration's input with every default filled in. */
export interface CompleteInput extends MigrationInput {
  policy: MigrationPolicy;
}

export type InputCheck = { ok: true; input: CompleteInput } | { ok: false; problems: string[] };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A host id becomes part of queue names: RFC 1123 names, nothing that a shell, XML or path could take amiss. */
const HOST_ID = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;

/** QEMU refuses a maximum downtime above 2000 s (MAX_MIGRATE_DOWNTIME_SECONDS in its migration/options.h). */
const LONGEST_DOWNTIME_MS = 2_000_000;

/** libvirt takes MiB/s up to what fits in 63 bits as bytes; a tebibyte a second is past any link. */
const LARGEST_BANDWIDTH_MIBPS = 1_048_576;

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
  if (problems.length > 0) return { ok: false, problems };
  const input = raw as unknown as MigrationInput;
  return { ok: true, input: { ...input, policy: { ...DEFAULT_POLICY, ...input.policy } } };
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
    ...wholeNumberProblems('policy.maxDowntimeMs', policy.maxDowntimeMs, 1, LONGEST_DOWNTIME_MS),
    ...wholeNumberProblems('policy.bandwidthMiBps', policy.bandwidthMiBps, 0, LARGEST_BANDWIDTH_MIBPS),
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

/** A value for an error text: JSON, so that control characters show, and not longer than a line. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
