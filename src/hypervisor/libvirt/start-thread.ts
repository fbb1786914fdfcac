/** Starts one of this folder's files as a worker thread, compiled or from its TypeScript source. */
import path from 'node:path';
import { Worker } from 'node:worker_threads';

/**
 * Compiled, the thread's file is the .js next to this one. Tests run the sources, which a thread, being outside the
 * test runner, cannot read by itself: there a hook of theirs that compiles the sources is loaded first.
 */
const EXTENSION = path.extname(__filename);
const FROM_SOURCES = EXTENSION === '.ts';
const COMPILE_SOURCES = path.join(__dirname, '../../../test/hypervisor/libvirt/compile-sources.js');

export function startThread(name: 'thread' | 'event-loop-thread', workerData: unknown): Worker {
  return new Worker(path.join(__dirname, `${name}${EXTENSION}`), {
    workerData,
    name: `libvirt ${name}`,
    execArgv: FROM_SOURCES ? ['--require', COMPILE_SOURCES] : [],
  });
}
