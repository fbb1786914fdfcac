/** A migrate call from its settings to its end, on a connection and thread of its own, so that it delays no other call. */
import { setTimeout as pause } from 'node:timers/promises';

import { HypervisorError, type MigrateRequest } from '../port';
import type { Connection } from './connection';
import { VIR_ERR_OPERATION_INVALID } from './constants';
import type { EventLoop } from './event-loop';
import type { NativeThread } from './native-thread';
import { type SourceStage, stageAfter } from './source-stage';

/** libvirt has no event for a job's start. */
const LOOK_FOR_JOB_EVERY_MS = 100;

/** Events come by another thread than the call's answer. */
const EVENTS_ARRIVE_WITHIN_MS = 200;

/** What is called as the source comes to a stage. */
type Told = Record<Exclude<SourceStage, 'going'>, (() => void) | undefined>;

interface SourceWatch {
  stop(): void;
  stage(): SourceStage;
}

export interface Migration {
  control: Connection;
  /** Used for the one call and then closed by the caller. */
  thread: NativeThread;
  events: Pick<EventLoop, 'listen'>;
  guest: string;
  request: MigrateRequest;
  logger?: Logger | undefined;
}

/** What this adapter asks of a logger; pino's fits. */
export interface Logger {
  warn(details: object, message: string): void;
}

export async function runMigration(migration: Migration): Promise<void> {
  const { thread, guest } = migration;
  const { onSourceStopped, onSourceEnding, ...settings } = migration.request;
  const preset = await presetMaxDowntime(migration);
  const told = { stopped: onSourceStopped, ending: onSourceEnding };
  const watch = onSourceStopped || onSourceEnding ? watchSource(migration, told) : undefined;
  try {
    const call = thread.call('migrate', guest, settings);
    if (!preset) await setMaxDowntimeInJob(migration, call);
    await call;
  } catch (error) {
    throw watch ? await withStage(error, watch) : error;
  } finally {
    watch?.stop();
  }
}

/**
 * The migrate call's own connection brings the events too; the thread takes its calls in order, so they are there from
 * the call's beginning. Without them the migration is as good, only its end is heard of later.
 */
function watchSource({ thread, events, guest, logger }: Migration, told: Told): SourceWatch {
  let stage: SourceStage = 'going';
  const watch = events.listen((event) => {
    const before = stage;
    stage = stageAfter(before, event);
    if (stage !== before && stage !== 'going') told[stage]?.();
  });
  thread.call('watchLifecycle', guest, watch.target).catch((error: unknown) => {
    logger?.warn({ guest, error }, "the source's events can't be had; the migrate call's return has to do");
  });
  return { stop: () => watch.stop(), stage: () => stage };
}

/** The daemon has gone with the connection, and until it is back nothing starts a guest that stands still. */
async function withStage(error: unknown, watch: SourceWatch): Promise<unknown> {
  if (!(error instanceof HypervisorError) || !error.connectionLost) return error;
  await pause(EVENTS_ARRIVE_WITHIN_MS);
  const { message, code, domain, connectionLost } = error;
  return new HypervisorError(message, code, domain, connectionLost, watch.stage() !== 'going');
}

/** There is no migrate parameter for it. False if this libvirt takes it only while the job runs. */
async function presetMaxDowntime({ control, guest, request }: Migration): Promise<boolean> {
  try {
    await control.call('setMaxDowntime', guest, request.maxDowntimeMs);
    return true;
  } catch (error) {
    if (error instanceof HypervisorError && error.code === VIR_ERR_OPERATION_INVALID) return false;
    throw error;
  }
}

/**
 * Returns as soon as it is set, or the migration has ended without it. A failure is only told: the migration runs, and
 * its outcome is what counts.
 */
async function setMaxDowntimeInJob(migration: Migration, call: Promise<void>): Promise<void> {
  const { control, guest, request, logger } = migration;
  const ending = new AbortController();
  const end = () => ending.abort();
  call.then(end, end);
  try {
    while (!ending.signal.aborted) {
      const job = await control.call('jobStats', guest);
      if (job?.kind === 'outgoing') return await control.call('setMaxDowntime', guest, request.maxDowntimeMs);
      await pause(LOOK_FOR_JOB_EVERY_MS);
    }
  } catch (error) {
    logger?.warn(
      { guest, error },
      'the maximum downtime could not be set; the migration goes on with the old one',
    );
  }
}
