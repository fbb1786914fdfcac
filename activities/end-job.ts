/** Ending a job that was asked to be ended, or that does not converge. */
import type { HostDeps } from './deps';
import { isOutgoing, isStopped } from './job-progress';
import type { RunningJob } from './migration-jobs';

/** Between two tries. */
const AGAIN_AFTER_MS = 500;

/**
 * Asks until the job has ended: before libvirt has begun it there is nothing to end yet, and its daemon may be away.
 * Settles when the job has; too late is no error, the job's own end tells.
 */
export function endJob(deps: HostDeps, guest: string, job: RunningJob): Promise<void> {
  job.ender ??= askUntilEnded(deps, guest, job);
  return job.ender;
}

async function askUntilEnded(deps: HostDeps, guest: string, job: RunningJob): Promise<void> {
  const ended = job.end.then(
    () => true,
    () => true,
  );
  do {
    await abortOutgoing(deps, guest, !job.commands.abortRequested).catch((error: unknown) =>
      deps.log.warn({ guest, error: String(error) }, 'abort not taken'),
    );
  } while (!(await Promise.race([ended, pause(AGAIN_AFTER_MS)])));
}

/** Another kind of job, such as a backup, is not ours to end. Tells whether there was one that is. */
export async function abortOutgoing(
  { hypervisor }: HostDeps,
  guest: string,
  spareSwitchover: boolean,
): Promise<boolean> {
  const seen = await hypervisor.observe(guest);
  if (!isOutgoing(seen) || (spareSwitchover && isStopped(seen))) return false;
  await hypervisor.abortJob(guest);
  return true;
}

function pause(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, ms, false));
}
