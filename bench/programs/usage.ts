/** What a process has used of the machine, as Linux counts it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Usage {
  cpuSeconds: number;
  residentMb: number;
}

const TICKS_A_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
/** Of /proc/<pid>/stat after the command's name: user and system time (proc(5), fields 14 and 15). */
const [UTIME, STIME] = [11, 12];
/** The same of its children that have ended and that it has waited for. */
const [CUTIME, CSTIME] = [13, 14];

/**
 * Of a server that has a process for each of its connections, those that have ended among them; memory that they share is
 * counted once (Pss of proc(5)).
 */
export function usageWithChildren(pid: number): Usage {
  const all = [pid, ...childrenOf(pid)];
  const total = (of: (pid: number) => number): number =>
    all.reduce((sum, one) => sum + (unlessEnded(() => of(one)) ?? 0), 0);
  const { ended } = cpuSecondsOf(pid);
  return { cpuSeconds: ended + total((one) => cpuSecondsOf(one).own), residentMb: total(shareOfMemoryMb) };
}

export function sumOf(usages: readonly Usage[]): Usage {
  return {
    cpuSeconds: usages.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    residentMb: usages.reduce((sum, { residentMb }) => sum + residentMb, 0),
  };
}

/** Undefined: the process was there when it was listed, and is not any more. */
function unlessEnded<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

function shareOfMemoryMb(pid: number): number {
  const kb = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

export function usageOf(pid: number): Usage {
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { cpuSeconds: cpuSecondsOf(pid).own, residentMb: Number(kb) / 1024 };
}

function cpuSecondsOf(pid: number): { own: number; ended: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const seconds = (...indexes: number[]): number =>
    indexes.reduce((sum, index) => sum + Number(fields[index]), 0) / TICKS_A_SECOND;
  return { own: seconds(UTIME, STIME), ended: seconds(CUTIME, CSTIME) };
}
