/** A migrate call from its settings to its end, on a connection and thread of its own, so that it delays no other call. */
import { setTimeout as pause } from 'node:timers/promises';

import { HypervisorError, type MigrateRequest } from '../port';
import type { Connection } from './connection';
import { VIR_ERR_OPERATION_INVALID } from './constants';
import type { NativeThread } from './native-thread';

/** libvirt has no event for a job's start. */
const LOOK_FOR_JOB_EVERY_MS = 100;

export interface Migration {
  control: Connection;
  /** Used for the one call and then closed by the caller. */
  thread: NativeThread;
  guest: string;
  request: MigrateRequest;
  logger?: Logger | undefined;
}

/** What this adapter asks of a logger; pino's fits. */
export interface Logger {
  warn(details: object, message: string): void;
}

export async function runMigration(migration: Migration): Promise<void> {
  const { thread, guest, request } = migration;
  const preset = await presetMaxDowntime(migration);
  const call = thread.call('migrate', guest, request);
  if (!preset) await setMaxDowntimeInJob(migration, call);
  await call;
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
