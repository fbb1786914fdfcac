/** Which hosts' agents Temporal hears, by the heartbeats of their workers. */
import type { Client } from '@temporalio/client';
import { hostTaskQueue } from '../contract';

/** A host's workers by their keys, each with the time of its last heartbeat, by the host's own clock. */
export type Beats = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** A worker sends one each five seconds (src/cli/runtime.ts). */
const SILENT_AFTER_MS = 30_000;

/**
 * The server goes on listing a worker for minutes after its death, and its heartbeats carry its host's clock: what counts is
 * that they advance, by our own clock.
 */
export class AgentsHeard {
  private beats: Beats = new Map();
  private readonly lastSign = new Map<string, number>();

  constructor(private readonly silentAfterMs = SILENT_AFTER_MS) {}

  /** By host, whether it is heard. `hosts` are the known ones; whoever was heard once stays known. */
  look(hosts: readonly string[], beats: Beats, nowMs: number): Map<string, boolean> {
    for (const [host, workers] of beats)
      if ([...workers].some(([key, at]) => at > (this.beats.get(host)?.get(key) ?? -1)))
        this.lastSign.set(host, nowMs);
    this.beats = beats;
    for (const host of hosts) if (!this.lastSign.has(host)) this.lastSign.set(host, nowMs); // it may be about to start
    const byName = [...this.lastSign].sort(([one], [other]) => (one < other ? -1 : 1));
    return new Map(byName.map(([host, at]) => [host, nowMs - at < this.silentAfterMs]));
  }
}

/** Rejects where the server does not tell of workers: then it is not known who lives. */
export async function agentBeats({ workflowService, options }: Client): Promise<Beats> {
  const [prefix, suffix] = hostTaskQueue('*', 'control').split('*') as [string, string];
  const query = `TaskQueue STARTS_WITH "${prefix}"`;
  const { workersInfo } = await workflowService.listWorkers({ namespace: options.namespace, query });
  const beats = new Map<string, Map<string, number>>();
  for (const { workerHeartbeat } of workersInfo) {
    const { taskQueue, workerInstanceKey, heartbeatTime } = workerHeartbeat ?? {};
    if (!taskQueue?.endsWith(suffix)) continue;
    const host = taskQueue.slice(prefix.length, -suffix.length);
    const at = Number(heartbeatTime?.seconds ?? 0) * 1_000 + Number(heartbeatTime?.nanos ?? 0) / 1e6;
    beats.set(host, (beats.get(host) ?? new Map<string, number>()).set(workerInstanceKey ?? '', at));
  }
  return beats;
}
