/** What the guest's serial output proves: that its memory and its devices' state went on without a break. */

export interface Trace {
  first: number | undefined;
  last: number | undefined;
  /** Every reason to say that the guest lost something; empty = unbroken. */
  faults: string[];
}

interface Line {
  n: number;
  mttys: number;
  fifoErrors: number;
  scratchErrors: number;
}

const LINE = /^n=(\d+) ms=\d+ mttys=(\d+) fifo_errs=(\d+) scr_errs=(\d+) dirtied=\d+\r?$/;

/**
 * Reads complete lines. The text may be a source's log followed by the destination's: a line that the switchover cut in
 * two is whole again then.
 */
export function readTrace(text: string): Trace {
  const lines = text.split('\n').flatMap(parseLine);
  return {
    first: lines[0]?.n,
    last: lines.at(-1)?.n,
    faults: [...restarts(text), ...gaps(lines), ...deviceErrors(lines)],
  };
}

/** The guest's own clock at each count, in milliseconds since it began. */
export function tickTimes(text: string): number[] {
  return text.split('\n').flatMap((line) => (LINE.test(line) ? Number(/ms=(\d+)/.exec(line)![1]) : []));
}

function parseLine(text: string): Line[] {
  const found = LINE.exec(text);
  if (!found) return [];
  const [n = 0, mttys = 0, fifoErrors = 0, scratchErrors = 0] = found.slice(1).map(Number);
  return [{ n, mttys, fifoErrors, scratchErrors }];
}

function restarts(text: string): string[] {
  return text.split('PAYLOAD-START').length > 2 ? ['the guest was started more than once'] : [];
}

function gaps(lines: Line[]): string[] {
  return lines.flatMap(({ n }, i) => {
    const before = lines[i - 1]?.n;
    return before === undefined || n === before + 1 ? [] : [`the counter went from ${before} to ${n}`];
  });
}

function deviceErrors(lines: Line[]): string[] {
  const last = lines.at(-1);
  if (last === undefined) return ['the guest printed nothing'];
  return [
    ...(last.mttys === 0 ? ['the guest found no mtty device'] : []),
    ...(last.fifoErrors > 0 ? [`${last.fifoErrors} bytes of the devices' FIFOs were wrong`] : []),
    ...(last.scratchErrors > 0 ? [`${last.scratchErrors} reads of the scratch registers were wrong`] : []),
  ];
}
