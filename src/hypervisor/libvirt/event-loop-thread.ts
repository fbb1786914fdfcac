/**
 * Entry of the thread that runs libvirt's event loop: it reads the sockets' hang-ups, sends the keepalive probes and
 * delivers the domains' lifecycle events, whichever connection they come by.
 */
import { parentPort, workerData } from 'node:worker_threads';

import { LibvirtNotInstalledError } from './errors';
import type { EventLoopAnswer, EventLoopData } from './event-loop';
import { lastFailure, lifecycleCallback, loadLibvirt } from './library';

const { stop, wakeEveryMs } = workerData as EventLoopData;
const STOPPED = 1;

function answer(message: EventLoopAnswer): void {
  parentPort?.postMessage(message);
}

/** The timer is there only to return from libvirt's wait now and then, to see whether to stop. */
function run(): void {
  const library = loadLibvirt();
  if (library.virEventRegisterDefaultImpl() < 0) throw lastFailure(library);
  const timer = library.virEventAddTimeout(wakeEveryMs, library.nothing, null, null);
  if (timer < 0) throw lastFailure(library);
  const callback = lifecycleCallback((opaque, event, detail) =>
    answer({ state: 'event', listener: Number(opaque), event, detail }),
  );
  answer({ state: 'running', callback });
  while (Atomics.load(stop, 0) !== STOPPED) {
    if (library.virEventRunDefaultImpl() < 0) throw lastFailure(library);
  }
  library.virEventRemoveTimeout(timer);
}

try {
  run();
} catch (error) {
  if (error instanceof LibvirtNotInstalledError) answer({ state: 'not-installed', message: error.message });
  else throw error;
}
