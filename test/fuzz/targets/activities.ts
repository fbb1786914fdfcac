/** Tasks on a host's queues, as anybody can schedule them who may write to the namespace. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { MigrationJobs, createHostActivities, isOwnStep } from '../../../activities';
import { openLedger } from '../../../src/claims';
import {
  type HostActivities,
  ErrorType,
  LIVE_MIGRATE_VGPU,
  migrationWorkflowId,
} from '../../../src/contract';
import { PLAIN_CHANNEL } from '../../../src/hypervisor/port';
import { CrashDisk } from '../../claims/crash-disk';
import { RecordingHypervisor } from '../recording-hypervisor';
import { isWellFormed, must, valueTarget } from '../target';
import { GUEST, TASKS, TOKENS, WORLD, ledgerOf, requireOnlyOwn } from './activity-world';

const folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-fuzz-'));

/** A step that waits for a change, or for a job, is interrupted: it would wait for ever. */
const INTERRUPT_AFTER_MS = 20;

export const activityTasks = valueTarget({
  name: 'activity-tasks',
  about:
    "A hostile activity task: a typed failure, or an act on the caller's own guest and devices; no connection but to configured peers, and no password in results, errors, heartbeats and logs.",
  bases: TASKS,
  tokens: TOKENS,
  async judge(value, base) {
    const activity = base.split(' ')[0] as keyof HostActivities;
    const hypervisor = new RecordingHypervisor(WORLD);
    const { activities, disk, told } = await agent(hypervisor);
    const outcome = await run(activities, activity, value, told);
    await requireOnlyOwn(hypervisor.calls, disk);
    must(!JSON.stringify(told).includes(WORLD.password), 'a password is told');
    return `${activity}: ${outcome}`;
  },
  close: async () => rmSync(folder, { recursive: true, force: true }),
});

async function agent(hypervisor: RecordingHypervisor) {
  const disk = new CrashDisk();
  const told: unknown[] = [];
  const { host } = WORLD;
  const ledger = await openLedger(folder, { host, disk, onDamage: (device) => told.push(device) });
  for (const [path, text] of ledgerOf(folder)) disk.plant(path, text);
  const log = (fields: object, message: string): void => void told.push([fields, message]);
  const activities = createHostActivities({
    ...{ host, hypervisor, ledger, profiles: {}, jobs: new MigrationJobs(), isOwnStep },
    peer: (peer) => (peer === 'host-b' ? { libvirtUri: WORLD.peer, channel: PLAIN_CHANNEL } : undefined),
    requireTls: false,
    askQemu: true,
    searchable: () => Promise.resolve(false),
    migrations: { stateOf: () => Promise.resolve('running') },
    attemptIsCurrent: () => Promise.resolve(true),
    log: { info: log, warn: log },
  });
  return { activities, disk, told };
}

/** As a step of the migration of `GUEST`; whatever its input says. */
async function run(
  activities: HostActivities,
  name: keyof HostActivities,
  input: unknown,
  told: unknown[],
): Promise<string> {
  const env = new MockActivityEnvironment(
    {
      workflowType: LIVE_MIGRATE_VGPU,
      workflowExecution: { workflowId: migrationWorkflowId(GUEST), runId: GUEST },
    },
    { logger: new DefaultLogger('ERROR') },
  );
  env.on('heartbeat', (details) => told.push(details));
  const timer = setTimeout(() => env.cancel(), INTERRUPT_AFTER_MS);
  try {
    told.push(await env.run(activities[name] as (input: unknown) => Promise<unknown>, input));
    return 'done';
  } catch (error) {
    told.push(
      (error as Error).message,
      (error as Partial<ApplicationFailure>).details,
      (error as Error).cause,
    );
    return failureOf(error);
  } finally {
    clearTimeout(timer);
  }
}

const TYPES: readonly string[] = [...Object.values(ErrorType), 'SupervisionInterrupted'];

function failureOf(error: unknown): string {
  if (error instanceof CancelledFailure) return 'interrupted';
  if (!(error instanceof ApplicationFailure)) throw error;
  must(TYPES.includes(error.type ?? ''), `${error.type} is no type of error that is known`);
  must(error.message.length <= 8_000, `its message has ${error.message.length} characters`);
  must(isWellFormed(error.message), 'its message holds half a character');
  return error.type!;
}
