/** libvirt's event loop, one for the process: without it a lost connection would be found only by the next call. */
import type { Worker } from 'node:worker_threads';

import { LibvirtNotInstalledError } from './errors';
import { startThread } from './start-thread';

/** How long the process may have to wait for the loop's end. */
const WAKE_EVERY_MS = 500;

export interface EventLoopData {
  /** One number: 1 = stop. */
  stop: Int32Array;
  wakeEveryMs: number;
}

export type EventLoopAnswer = { state: 'running' } | { state: 'not-installed'; message: string };

interface Loop {
  users: number;
  readonly started: Promise<void>;
  readonly stop: () => Promise<void>;
}

let loop: Loop | undefined;

/** Has to come before the first connection is opened: libvirt binds a connection to the loop that it then finds. */
export async function useEventLoop(): Promise<{ release(): Promise<void> }> {
  loop ??= startLoop();
  const used = loop;
  used.users += 1;
  try {
    await used.started;
  } catch (error) {
    await release(used);
    throw error;
  }
  return { release: () => release(used) };
}

async function release(used: Loop): Promise<void> {
  used.users -= 1;
  if (used.users > 0) return;
  if (loop === used) loop = undefined;
  await used.stop();
}

function startLoop(): Loop {
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = startThread('event-loop-thread', {
    stop,
    wakeEveryMs: WAKE_EVERY_MS,
  } satisfies EventLoopData);
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const started = startOf(worker);
  return {
    users: 0,
    started,
    stop: async () => {
      worker.ref();
      Atomics.store(stop, 0, 1);
      await ended;
    },
  };
}

async function startOf(worker: Worker): Promise<void> {
  const answer = await new Promise<EventLoopAnswer>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  if (answer.state === 'not-installed') throw new LibvirtNotInstalledError(answer.message);
  // From here on it must not keep the process alive.
  worker.unref();
}
