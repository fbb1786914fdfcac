/** A job's figures as they come from outside, by signal or heartbeat: anybody may have written them. */
import type { JobProgress, ReportedProgress } from './migration';

const PHASES: readonly JobProgress['phase'][] = [
  'starting',
  'pre-copy',
  'switchover',
  'resuming',
  'adopting',
];

const COUNTS = [
  'elapsedMs',
  'bytesSent',
  'bytesRemaining',
  'bytesTotal',
  'dirtyPagesPerSec',
  'iteration',
  'mibPerSec',
] as const satisfies readonly (keyof JobProgress)[];

/** `2026-01-31T12:34:56.789Z` */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** These an agent may leave out, or have no figure for. */
const OPTIONAL = { maxDowntimeMs: isCount, expectedDowntimeMs: isCountOrNull } as const;

/** The known fields alone; null if one of them is not of its form. */
export function readJobProgress(raw: unknown): JobProgress | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const fields = raw as Record<string, unknown>;
  const { phase, vfioBytes = null } = fields;
  const told = Object.entries(OPTIONAL).filter(([field]) => fields[field] !== undefined);
  const isWhole =
    isPhase(phase) &&
    isCountOrNull(vfioBytes) &&
    COUNTS.every((field) => isCount(fields[field])) &&
    told.every(([field, isOfItsForm]) => isOfItsForm(fields[field]));
  if (!isWhole) return null;
  const known = [...COUNTS, ...told.map(([field]) => field)].map((field) => [field, fields[field]] as const);
  return { phase, vfioBytes, ...(Object.fromEntries(known) as Omit<JobProgress, 'phase' | 'vfioBytes'>) };
}

/** The same with its time, as a signal carries it. */
export function readReportedProgress(raw: unknown): ReportedProgress | null {
  const progress = readJobProgress(raw);
  const at = progress && (raw as Record<string, unknown>).at;
  return progress && typeof at === 'string' && TIME.test(at) ? { ...progress, at } : null;
}

function isPhase(value: unknown): value is JobProgress['phase'] {
  return PHASES.includes(value as JobProgress['phase']);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isCountOrNull(value: unknown): value is number | null {
  return value === null || isCount(value);
}
