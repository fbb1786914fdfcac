/** Processes that outlive a call: known and ended by pid only, never by name. */
import { readFileSync } from 'node:fs';
import { waitUntil } from './wait';

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

/** True if the process still is the one that was started: its command line names `mark` (pids are reused). */
export function isOurs(pid: number, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
  } catch {
    return false;
  }
}

/** Ends a process of ours and waits until it is gone; gone already is success. */
export async function endProcess(pid: number, mark: string): Promise<void> {
  if (!isOurs(pid, mark)) return;
  process.kill(pid, 'SIGTERM');
  try {
    await waitUntil(`process ${pid} to end`, () => !isAlive(pid), { timeoutMs: 15_000, everyMs: 50 });
  } catch {
    process.kill(pid, 'SIGKILL');
  }
}

/** The last resort on the way out, when nothing can be awaited any more. */
export function killNow(pid: number, mark: string): void {
  if (isOurs(pid, mark)) process.kill(pid, 'SIGKILL');
}

function isZombie(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}
