/** Somebody who may write to the namespace, and everything that they can send to a host. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ActivityExecutionFailedError, ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, rootCause } from '@temporalio/common';
import { DefaultLogger, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { type HostActivities, type LIVE_MIGRATE_VGPU, hostTaskQueue } from '../../src/contract';
import type { Ferry } from '../support/ferry';
import type { Task } from './hostile-workflows';

const QUEUE = 'hostile';

/** The workflow that a task comes from. */
export interface Disguise {
  type: 'Hostile' | typeof LIVE_MIGRATE_VGPU;
  workflowId: string;
}

export class Intruder {
  private constructor(
    private readonly ferry: Ferry,
    private readonly worker: Worker,
    private readonly run: Promise<void>,
  ) {}

  static async start(ferry: Ferry, workflowBundle: { code: string }): Promise<Intruder> {
    const worker = await Worker.create({ connection: ferry.connection, taskQueue: QUEUE, workflowBundle });
    return new Intruder(ferry, worker, worker.run());
  }

  /** What comes of a task that a workflow of theirs has scheduled. */
  async send(
    host: string,
    activity: keyof HostActivities,
    input: unknown,
    { type, workflowId }: Disguise = { type: 'Hostile', workflowId: `hostile-${randomUUID()}` },
  ): Promise<unknown> {
    const task: Task = { queue: hostTaskQueue(host, 'control'), activity, input };
    return this.ferry.client.workflow
      .execute(type, { taskQueue: QUEUE, workflowId, args: [task] })
      .catch(failureOf);
  }

  /** The same without any workflow. */
  async sendAlone(host: string, activity: keyof HostActivities, input: unknown): Promise<unknown> {
    return this.ferry.client.activity
      .execute(activity, {
        ...{ id: randomUUID(), args: [input], taskQueue: hostTaskQueue(host, 'control') },
        ...{ startToCloseTimeout: '30 seconds', retry: { maximumAttempts: 1 } },
      })
      .catch(failureOf);
  }

  async close(): Promise<void> {
    this.worker.shutdown();
    await this.run;
  }
}

export function bundleOfIntruder(): Promise<{ code: string }> {
  const workflowsPath = join(__dirname, 'hostile-workflows.ts');
  return bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
}

/** As the host's agent gave it. */
function failureOf(error: unknown): { type: string; message: string } {
  if (!(error instanceof WorkflowFailedError || error instanceof ActivityExecutionFailedError)) throw error;
  const cause = error.cause instanceof ActivityFailure ? error.cause.cause : error.cause;
  if (!(cause instanceof ApplicationFailure)) throw new Error(`unexpected: ${rootCause(error)}`);
  return { type: cause.type ?? '', message: cause.message };
}
