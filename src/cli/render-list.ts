/** Migrations, a line each, for people. Pure. */
import { pc } from './colours';
import { ErrorType } from '../contract';
import type { ListedMigration } from '../temporal/list-migrations';
import { columns } from './columns';

/** `nowMs`: for how long one that runs has been running. */
export function migrationsTable(migrations: readonly ListedMigration[], nowMs: number): string {
  if (migrations.length === 0) return 'There is no such migration.';
  const titles = ['GUEST', 'FROM', 'TO', 'STARTED', 'TOOK', 'IS'].map((title) => pc.bold(title));
  const table = columns([titles, ...migrations.map((migration) => row(migration, nowMs))]);
  const unread = migrations.find((migration) => migration.unread !== null)?.unread;
  return unread == null ? table : `${table}\n\n${pc.yellow(`Not all could be read: ${unread}`)}`;
}

function row(migration: ListedMigration, nowMs: number): string[] {
  const { guest, source, destination, startedAt, endedAt } = migration;
  const tookMs = (endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt);
  const started = startedAt.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
  return [guest, source ?? '?', destination ?? '?', started, took(tookMs), words(migration)];
}

function words({ status, progress, error, unread }: ListedMigration): string {
  if (status === 'COMPLETED') return pc.green('done');
  if (error !== null) return error.type === ErrorType.Aborted ? 'aborted' : pc.red(error.type);
  if (status !== 'RUNNING') return pc.red(status.toLowerCase());
  if (progress === null)
    return unread === null ? 'running; no orchestrator tells more' : 'running; encrypted';
  const { stage, waitingFor, attention } = progress;
  if (attention !== null) return pc.red(`needs a person: ${attention.kind}`);
  return waitingFor === null ? stage : `${stage}: waiting for ${waitingFor}`;
}

function took(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
