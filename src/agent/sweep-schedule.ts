/** The agent's part in its host's schedule of sweeps: it makes it, and lives without. */
import type { Client } from '@temporalio/client';
import type { Log } from '../../activities';
import { reconcileScheduleId } from '../contract';
import { ensureReconcileSchedule } from '../temporal/schedules';
import type { AgentConfig } from './config';

type Wanted = Pick<AgentConfig, 'host' | 'reconcileEveryMinutes'>;

/** Never rejects: migrations need no schedule. */
export async function scheduleSweeps(client: Client, wanted: Wanted, log: Log): Promise<void> {
  const { host, reconcileEveryMinutes } = wanted;
  const schedule = reconcileScheduleId(host);
  try {
    const outcome = await ensureReconcileSchedule(client, host, reconcileEveryMinutes);
    if (outcome === 'not-ours')
      log.warn(
        { schedule },
        `schedule ${schedule} starts something else than sweeps of ${host}; it was left alone, and ${host} is not swept. Rename or delete it, and start the agent again`,
      );
    else log.info({ schedule, outcome, reconcileEveryMinutes }, 'schedule of sweeps');
  } catch (error) {
    log.warn(
      { schedule, error: String(error) },
      `the schedule of sweeps could not be made. Let this agent write schedules in its namespace, or set "reconcileEveryMinutes": 0 and sweep with: vgpu-ferry reconcile ${host}`,
    );
  }
}
