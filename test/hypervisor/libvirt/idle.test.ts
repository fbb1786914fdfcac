/** Connections that are kept open for their next use: what is opened, what is used again, and that all are closed. */
import type { Worker } from 'node:worker_threads';

import { createLibvirtHypervisor } from '../../../src/hypervisor/libvirt';
import { Idle } from '../../../src/hypervisor/libvirt/idle';
import type * as Starting from '../../../src/hypervisor/libvirt/start-thread';
import type { Connection } from '../../../src/hypervisor/libvirt/connection';
import { Peers } from '../../../src/hypervisor/libvirt/peers';
import { startThread } from '../../../src/hypervisor/libvirt/start-thread';
import type { FromThread } from '../../../src/hypervisor/libvirt/thread-messages';
import type { Hypervisor, MigrateRequest } from '../../../src/hypervisor/port';
import { describeWithLibvirt } from './libvirt-here';

jest.mock('../../../src/hypervisor/libvirt/start-thread', () => {
  const actual = jest.requireActual<typeof Starting>('../../../src/hypervisor/libvirt/start-thread');
  return { startThread: jest.fn(actual.startThread) };
});

const GUEST = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const PEER = 'test:///default';

function threads(): Worker[] {
  const calls = jest.mocked(startThread).mock;
  return calls.results.filter((_, i) => calls.calls[i]![0] === 'thread').map(({ value }) => value as Worker);
}
const exited = ({ threadId }: Worker): boolean => threadId === -1;

describeWithLibvirt('connections that are kept', () => {
  let hypervisor: Hypervisor;
  beforeEach(async () => {
    jest.mocked(startThread).mockClear();
    hypervisor = await createLibvirtHypervisor({ uri: 'test:///default' });
  });
  afterEach(() => hypervisor.close());

  test('one to a peer is used again once it is given back; two at a time are two', async () => {
    const first = await hypervisor.connectPeer(PEER);
    await first.close();
    await first.close();
    const again = await hypervisor.connectPeer(PEER);
    expect(threads()).toHaveLength(1);
    expect(await again.observe(GUEST)).toMatchObject({ state: 'running' });
    const beside = await hypervisor.connectPeer(PEER);
    expect(threads()).toHaveLength(2);
    await Promise.all([again.close(), beside.close()]);
  });

  test('one that is to be new is opened in the thread of the one before', async () => {
    await (await hypervisor.connectPeer(PEER, { anew: true })).close();
    const openings: unknown[] = [];
    threads()[0]!.on('message', (message: FromThread) => {
      if (typeof message === 'object' && 'opening' in message) openings.push(message);
    });
    await (await hypervisor.connectPeer(PEER)).close();
    expect(openings).toHaveLength(0);
    await (await hypervisor.connectPeer(PEER, { anew: true })).close();
    expect(openings).toHaveLength(2); // before and after
    expect(threads()).toHaveLength(1);
  });

  test('an old one is not kept', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const peer = await hypervisor.connectPeer(PEER);
    now.mockReturnValue(60_001);
    await peer.close();
    now.mockRestore();
    await (await hypervisor.connectPeer(PEER)).close();
    expect(threads()).toHaveLength(2);
  });

  test('who has given it back can use it no more', async () => {
    const peer = await hypervisor.connectPeer(PEER);
    await peer.close();
    await expect(peer.resume(GUEST)).rejects.toThrow('has been closed');
  });

  const request: MigrateRequest = {
    ...{ targetUri: 'qemu+tcp://nowhere.invalid/system', destXml: '<domain/>', persistXml: null },
    channel: { tls: false, uri: null, tlsDestination: null },
    ...{ maxDowntimeMs: 300, bandwidthMiBps: 0, startPaused: false },
  };

  test('a migration that was expected finds its thread there, once; a second expectation opens none', async () => {
    await hypervisor.versions();
    hypervisor.expectMigration();
    hypervisor.expectMigration();
    expect(threads()).toHaveLength(2);
    await expect(hypervisor.migrate(GUEST, request)).rejects.toThrow();
    expect(threads()).toHaveLength(2);
    await expect(hypervisor.migrate(GUEST, request)).rejects.toThrow();
    expect(threads()).toHaveLength(3);
  });

  test('closing closes them too; what is given back afterwards is closed at once', async () => {
    hypervisor.expectMigration();
    await (await hypervisor.connectPeer(PEER)).close();
    const out = await hypervisor.connectPeer('test:///default?other');
    await hypervisor.close();
    expect(threads().map(exited)).toEqual([true, true, false]);
    const ended = new Promise((resolve) => threads()[2]!.once('exit', resolve));
    await out.close();
    await ended;
    hypervisor.expectMigration();
    expect(threads()).toHaveLength(3);
  });
});

test('one that does not answer at once is given up, and another opened', async () => {
  jest.useFakeTimers();
  const silent = new Promise<never>(() => undefined);
  const make = (...answers: Promise<unknown>[]) => ({
    call: jest.fn(() => answers.shift() ?? Promise.resolve()),
    close: jest.fn(() => Promise.resolve()),
  });
  const [first, second] = [make(Promise.resolve(), silent), make()];
  const made = [first, second];
  const peers = new Peers(() => made.shift() as unknown as Connection, jest.fn());
  await (await peers.connect('uri', { anew: false })).close();
  const again = peers.connect('uri', { anew: false });
  await jest.advanceTimersByTimeAsync(2_999);
  expect(made).toHaveLength(1);
  await jest.advanceTimersByTimeAsync(1);
  await (await again).resume(GUEST);
  jest.useRealTimers();
  expect(second.call).toHaveBeenLastCalledWith('resume', GUEST);
  expect(first.close).toHaveBeenCalledTimes(1);
});

describe('what nobody wants any more', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('is closed after a minute, and when another is kept in its stead; what is taken is not', () => {
    const failed = jest.fn();
    const idle = new Idle(failed);
    const make = () => ({ close: jest.fn(() => Promise.resolve()) });
    const [first, second, third] = [make(), make(), make()];
    idle.keep('a', first);
    idle.keep('a', second);
    expect([first.close.mock.calls.length, second.close.mock.calls.length]).toEqual([1, 0]);
    expect(idle.take('a')).toBe(second);
    idle.keep('b', third);
    jest.advanceTimersByTime(59_999);
    expect(third.close).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect([idle.take('b'), third.close.mock.calls.length]).toEqual([undefined, 1]);
    jest.advanceTimersByTime(600_000);
    expect(second.close).not.toHaveBeenCalled();
  });

  test('is told of if it cannot be closed', async () => {
    const told = new Promise((resolve) => {
      const idle = new Idle(resolve);
      idle.keep('a', { close: () => Promise.reject(new Error('hangs')) });
      jest.advanceTimersByTime(60_000);
    });
    expect(await told).toEqual(new Error('hangs'));
  });
});
