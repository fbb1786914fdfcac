/** Whether a job still gets anywhere: when the memory left to send was last less than ever before. */

export interface LeastRemaining {
  bytes: number;
  /** libvirt's time of the job. */
  atMs: number;
}

/** With nothing known yet, as after a re-attachment, the present counts as progress: the timeout begins anew. */
export function leastRemaining(before: LeastRemaining | undefined, now: LeastRemaining): LeastRemaining {
  return before === undefined || now.bytes < before.bytes ? now : before;
}
