/** Waits for what libvirt learns from udev a moment after its own call has returned. */
import { setTimeout as pause } from 'node:timers/promises';

import { HypervisorError } from '../port';
import { VIR_ERR_OPERATION_TIMEOUT, VIR_FROM_NODEDEV } from './constants';

export interface WaitLimits {
  everyMs: number;
  limitMs: number;
}

/** Looks at once and then every so often; `what` ends the error's sentence. */
export async function waitUntil(
  holds: () => Promise<boolean>,
  what: string,
  limits: WaitLimits,
): Promise<void> {
  const until = Date.now() + limits.limitMs;
  while (!(await holds())) {
    if (Date.now() >= until) {
      const text = `waited ${limits.limitMs / 1000} s in vain until ${what}`;
      throw new HypervisorError(text, VIR_ERR_OPERATION_TIMEOUT, VIR_FROM_NODEDEV, false);
    }
    await pause(limits.everyMs);
  }
}
