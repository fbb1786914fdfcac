/** Threads that are kept between two connections: which are used again, and which end. */
import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';

import { Connection } from '../../../src/hypervisor/libvirt/connection';
import { useEventLoop } from '../../../src/hypervisor/libvirt/event-loop';
import { IdleThreads } from '../../../src/hypervisor/libvirt/idle-threads';
import type * as Starting from '../../../src/hypervisor/libvirt/start-thread';
import { startThread } from '../../../src/hypervisor/libvirt/start-thread';
import { describeWithLibvirt } from './libvirt-here';

jest.mock('../../../src/hypervisor/libvirt/start-thread', () => {
  const actual = jest.requireActual<typeof Starting>('../../../src/hypervisor/libvirt/start-thread');
  return { startThread: jest.fn(actual.startThread) };
});

const started = (): number =>
  jest.mocked(startThread).mock.calls.filter(([name]) => name === 'thread').length;

class StagedThread extends EventEmitter {
  readonly said: unknown[] = [];
  ending: () => void = () => undefined;
  ref(): void {}
  unref(): void {}
  postMessage(message: unknown): void {
    this.said.push(message);
    if (message === 'end') this.ending = () => this.emit('exit', 0);
  }
}

const stagedThread = (): StagedThread & Worker => new StagedThread() as StagedThread & Worker;

describeWithLibvirt('a thread whose connection was closed', () => {
  test('has the next one, to wherever it is', async () => {
    const loop = await useEventLoop();
    const threads = new IdleThreads();
    jest.mocked(startThread).mockClear();
    for (const uri of ['test:///default', 'test:///default?other', 'test:///default']) {
      const limits = { silenceLimitMs: 10_000, openLimitMs: 10_000 };
      const connection = new Connection({ uri, keepAliveSeconds: 0, ...limits, threads });
      expect(await connection.call('listDomains')).toHaveLength(1);
      await connection.close();
      await expect(connection.call('listDomains')).rejects.toThrow('has been closed');
    }
    expect(started()).toBe(1);
    await threads.close();
    await loop.release();
  });
});

describe('threads that are given back', () => {
  beforeEach(() => {
    jest.useFakeTimers();
    jest.mocked(startThread).mockReset().mockImplementation(stagedThread);
  });
  afterEach(() => jest.useRealTimers());

  test('are two at the most; one more ends', () => {
    const idle = new IdleThreads();
    const [first, second, third] = [stagedThread(), stagedThread(), stagedThread()];
    for (const thread of [first, second, third]) idle.giveBack(thread);
    expect([first.said, second.said, third.said]).toEqual([[], [], ['end']]);
    expect([idle.take(), idle.take()]).toEqual([second, first]);
    expect(startThread).not.toHaveBeenCalled();
    idle.take();
    expect(startThread).toHaveBeenCalledWith('thread', null);
  });

  test('end after ten minutes, and are not taken then; one that is taken does not end', () => {
    const idle = new IdleThreads();
    const [kept, taken] = [stagedThread(), stagedThread()];
    idle.giveBack(kept);
    idle.giveBack(taken);
    expect(idle.take()).toBe(taken);
    jest.advanceTimersByTime(599_999);
    expect(kept.said).toEqual([]);
    jest.advanceTimersByTime(1);
    expect([kept.said, taken.said]).toEqual([['end'], []]);
    expect(idle.take()).not.toBe(kept);
  });

  test.each(['error', 'exit'])('are forgotten when they die meanwhile (%s)', (event) => {
    const idle = new IdleThreads();
    const dead = stagedThread();
    idle.giveBack(dead);
    dead.emit(event, new Error('out of memory'));
    expect(idle.take()).not.toBe(dead);
    expect(dead.eventNames()).toEqual([]);
  });

  test('end with the hypervisor, and at once if they come later', async () => {
    const idle = new IdleThreads();
    const [kept, late] = [stagedThread(), stagedThread()];
    idle.giveBack(kept);
    const closed = idle.close();
    kept.ending();
    await closed;
    idle.giveBack(late);
    expect([kept.said, late.said]).toEqual([['end'], ['end']]);
  });

  test('are waited for until the last has ended, those among them that nobody wanted', async () => {
    const idle = new IdleThreads();
    const all = [stagedThread(), stagedThread(), stagedThread()];
    for (const thread of all) idle.giveBack(thread);
    let settled = false;
    const closed = idle.close().then(() => (settled = true));
    all[0]!.ending();
    all[1]!.emit('error', new Error('out of memory')); // told to nobody else, and no uncaught exception
    await Promise.resolve();
    expect(settled).toBe(false);
    all[2]!.ending();
    await closed;
  });
});
