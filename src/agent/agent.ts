/** The host agent: two activity-only workers, so that a full migrate slot never starves an abort or a clean-up. */
import os from 'node:os';
import type { DataConverter } from '@temporalio/common';
import { type NativeConnection, Worker, type WorkerInterceptors } from '@temporalio/worker';
import { type HostDeps, createHostActivities } from '../../activities';
import { type HostQueueRole, agentIdentity, hostTaskQueue } from '../contract';
import { runTogether, stopWorker } from '../temporal/worker-run';

/** Looks and clean-ups are short, but watching a guest holds its slot: an abort must find one free all the same. */
const CONTROL_SLOTS = 200;

/** An abort reaches a running migrate step with its next heartbeat: send them as they come. */
const HEARTBEAT_EACH = '500 milliseconds';

/**
 * Open requests for work on each queue. The SDK's default is up to ten, and a server's frontend takes 1,200 of a namespace at a
 * time (its frontend.namespaceCount): a hundred hosts would fill it. One is enough: an answered one is sent again at once.
 */
const POLLS = 1;

export interface AgentOptions {
  connection: NativeConnection;
  namespace: string;
  dataConverter: DataConverter;
  deps: HostDeps;
  /** Outgoing migrations at a time. */
  maxMigrations: number;
  /** For whoever has to see, or to disturb, the activities. */
  interceptors?: WorkerInterceptors | undefined;
}

export interface Agent {
  /** Settles when both workers have stopped; rejects if one failed. */
  readonly done: Promise<void>;
  shutdown(): void;
}

export async function startAgent(options: AgentOptions): Promise<Agent> {
  const activities = createHostActivities(options.deps);
  const worker = (role: HostQueueRole, slots: number): Promise<Worker> =>
    Worker.create({
      connection: options.connection,
      namespace: options.namespace,
      dataConverter: options.dataConverter,
      taskQueue: hostTaskQueue(options.deps.host, role),
      activities,
      ...(options.interceptors && { interceptors: options.interceptors }),
      identity: agentIdentity(options.deps.host, os.hostname(), `${role}, pid ${process.pid}`),
      maxConcurrentActivityTaskExecutions: slots,
      // maxConcurrentActivityTaskPolls would be ignored by SDK 1.24.0 (seen)
      activityTaskPollerBehavior: { type: 'simple-maximum', maximum: POLLS },
      maxHeartbeatThrottleInterval: HEARTBEAT_EACH,
      defaultHeartbeatThrottleInterval: HEARTBEAT_EACH,
    });
  const workers = await Promise.all([
    worker('control', CONTROL_SLOTS),
    worker('migrate', options.maxMigrations),
  ]);
  return { done: runTogether(workers), shutdown: () => workers.forEach(stopWorker) };
}
