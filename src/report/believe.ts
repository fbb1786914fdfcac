/** What a payload of the history has to be to be told: anybody may have written it, or an agent of another version. */
import type { ClaimedMdev, FailedCheck, MigrationResult } from '../contract';

type Fields = Record<string, unknown>;

/** Null for what no JSON can say: it is nested too deeply for any reader. */
export function jsonOnly(value: unknown): unknown {
  try {
    JSON.stringify(value);
    return value;
  } catch {
    return null;
  }
}

export function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

export function resultFrom(value: unknown): MigrationResult | null {
  const result = fieldsOf(value);
  if (result === null || typeof result.runsOn !== 'string') return null;
  const warnings = listOf(result.warnings, (warning) => (typeof warning === 'string' ? warning : null));
  return {
    ...(result as unknown as MigrationResult),
    warnings,
    job: fieldsOf(result.job) as MigrationResult['job'],
  };
}

const OF_DEVICE = ['type', 'source', 'target', 'parent'] as const satisfies readonly (keyof ClaimedMdev)[];

export function devicesFrom(value: unknown): ClaimedMdev[] {
  return listOf(value, (device) => textsOnly(device, OF_DEVICE) as ClaimedMdev | null);
}

const OF_CHECK = [
  'check',
  'host',
  'found',
  'required',
  'fix',
] as const satisfies readonly (keyof FailedCheck)[];

export function checksFrom(value: unknown): FailedCheck[] {
  return listOf(value, (check) => textsOnly(check, OF_CHECK) as FailedCheck | null);
}

/** Those that are of their form. */
function listOf<T>(value: unknown, read: (item: unknown) => T | null): T[] {
  return Array.isArray(value) ? value.map(read).filter((item) => item !== null) : [];
}

/** Null if one of these is no text. */
function textsOnly(value: unknown, names: readonly string[]): Fields | null {
  const fields = fieldsOf(value);
  return fields !== null && names.every((name) => typeof fields[name] === 'string') ? fields : null;
}
