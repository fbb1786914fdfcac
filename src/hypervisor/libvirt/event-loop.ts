/**
 * libvirt's event loop, one for the process: without it a lost connection would be found only by the next call, and no
 * event would come.
 */
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

/** By libvirt's numbers: virDomainEventType, and the type's own details. */
export interface LifecycleEvent {
  event: number;
  detail: number;
}

export type EventLoopAnswer =
  | { state: 'running'; callback: bigint }
  | { state: 'not-installed'; message: string }
  | ({ state: 'event'; listener: number } & LifecycleEvent);

/** What a connection's thread registers with libvirt, so that events reach one listener here. */
export interface EventTarget {
  /** A C function's address. */
  callback: bigint;
  /** Not 0, which libvirt would hand back as NULL. */
  listener: number;
}

export interface EventLoop {
  /** Events come to `listener` until `stop`; none is lost on the way, and none comes after it. */
  listen(listener: (event: LifecycleEvent) => void): { target: EventTarget; stop(): void };
  release(): Promise<void>;
}

interface Loop {
  users: number;
  /** Settles with the callback's address. */
  readonly started: Promise<bigint>;
  readonly stop: () => Promise<void>;
}

let loop: Loop | undefined;

const listeners = new Map<number, (event: LifecycleEvent) => void>();
let listenersMade = 0;

/** Has to come before the first connection is opened: libvirt binds a connection to the loop that it then finds. */
export async function useEventLoop(): Promise<EventLoop> {
  loop ??= startLoop();
  const used = loop;
  used.users += 1;
  try {
    const callback = await used.started;
    return { listen: (listener) => listen(callback, listener), release: () => release(used) };
  } catch (error) {
    await release(used);
    throw error;
  }
}

function listen(
  callback: bigint,
  listener: (event: LifecycleEvent) => void,
): ReturnType<EventLoop['listen']> {
  const id = ++listenersMade;
  listeners.set(id, listener);
  return { target: { callback, listener: id }, stop: () => void listeners.delete(id) };
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

async function startOf(worker: Worker): Promise<bigint> {
  const answer = await new Promise<EventLoopAnswer>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  if (answer.state === 'not-installed') throw new LibvirtNotInstalledError(answer.message);
  if (answer.state === 'event') throw new Error('an event came before the event loop ran');
  worker.on('message', deliver);
  // From here on it must not keep the process alive.
  worker.unref();
  return answer.callback;
}

function deliver(message: EventLoopAnswer): void {
  if (message.state === 'event') listeners.get(message.listener)?.(message);
}
