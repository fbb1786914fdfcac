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

/** Of processes that are one thing together; memory that they share is counted once (Pss of proc(5)). */
export function usageOfAll(pids: readonly number[]): Usage {
  const total = (of: (pid: number) => number): number => pids.reduce((sum, pid) => sum + of(pid), 0);
  return { cpuSeconds: total((pid) => usageOf(pid).cpuSeconds), residentMb: total(shareOfMemoryMb) };
}

function shareOfMemoryMb(pid: number): number {
  const kb = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[UTIME]) + Number(fields[STIME]);
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { cpuSeconds: ticks / TICKS_A_SECOND, residentMb: Number(kb) / 1024 };
}
