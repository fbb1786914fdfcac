/** Lifecycle events on their whole way, through libvirt's event loop and its thread, on libvirt's built-in test driver. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Connection } from '../../../src/hypervisor/libvirt/connection';
import { VIR_DOMAIN_EVENT_STOPPED } from '../../../src/hypervisor/libvirt/constants';
import {
  type EventLoop,
  type LifecycleEvent,
  useEventLoop,
} from '../../../src/hypervisor/libvirt/event-loop';
import { IdleThreads } from '../../../src/hypervisor/libvirt/idle-threads';
import { describeWithLibvirt } from './libvirt-here';

const GUEST = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** Unlike libvirt's own default, each connection to it has a guest of its own. */
const NODE = `<node><domain type='test'><name>guest</name><uuid>${GUEST}</uuid><memory>8192</memory><vcpu>1</vcpu>
  <os><type>hvm</type></os></domain></node>`;

describeWithLibvirt('lifecycle events', () => {
  const folder = mkdtempSync(join(tmpdir(), 'libvirt-events-'));
  const file = join(folder, 'node.xml');
  writeFileSync(file, NODE);
  afterAll(() => rmSync(folder, { recursive: true }));
  const threads = new IdleThreads();
  afterAll(() => threads.close());
  const connect = () =>
    new Connection({
      uri: `test://${file}`,
      keepAliveSeconds: 0,
      silenceLimitMs: 10_000,
      openLimitMs: 10_000,
      threads,
    });

  let loop: EventLoop;
  let connection: Connection;
  beforeEach(async () => {
    loop = await useEventLoop();
    connection = connect();
  });
  afterEach(async () => {
    await connection.close();
    await loop.release();
  });

  /** What one listener hears; `until` settles when it has heard so many. */
  function listener() {
    const heard: LifecycleEvent[] = [];
    let tell: () => void = () => undefined;
    const { target, stop } = loop.listen(({ event, detail }) => {
      heard.push({ event, detail });
      tell();
    });
    const until = async (count: number) => {
      while (heard.length < count) await new Promise<void>((resolve) => (tell = resolve));
      return heard;
    };
    return { target, stop, heard, until };
  }

  test('come in their order to whoever listens to the guest, or to all', async () => {
    const [one, all] = [listener(), listener()];
    await connection.call('watchLifecycle', GUEST, one.target);
    await connection.call('watchLifecycle', null, all.target);
    await connection.call('destroy', GUEST);
    const stopped = [{ event: VIR_DOMAIN_EVENT_STOPPED, detail: 1 }];
    expect(await one.until(1)).toEqual(stopped);
    expect(await all.until(1)).toEqual(stopped);
  });

  test('come no more after the stop, while others still hear', async () => {
    const [first, second] = [listener(), listener()];
    await connection.call('watchLifecycle', GUEST, first.target);
    await connection.call('watchLifecycle', null, second.target);
    first.stop();
    await connection.call('destroy', GUEST);
    await second.until(1);
    expect(first.heard).toEqual([]);
  });

  test('end with their connection, and begin again on a new loop', async () => {
    const before = listener();
    await connection.call('watchLifecycle', GUEST, before.target);
    await connection.close();
    await loop.release();
    loop = await useEventLoop();
    connection = connect();
    const after = listener();
    await connection.call('watchLifecycle', GUEST, after.target);
    await connection.call('destroy', GUEST);
    expect(await after.until(1)).toHaveLength(1);
    expect(before.heard).toEqual([]);
  });

  test('of a guest that is not there cannot be had', async () => {
    const { target } = listener();
    await expect(connection.call('watchLifecycle', NOBODY, target)).rejects.toMatchObject({ code: 42 });
  });

  test('are told of a copy that is not resumed, being no paused one, only when it ends', async () => {
    const { target, until } = listener();
    await connection.call('watchLifecycle', GUEST, target);
    expect(await connection.call('resumeIfHeld', GUEST)).toBe(false);
    expect(await connection.call('resumeIfHeld', NOBODY)).toBe(false);
    await connection.call('destroy', GUEST);
    expect((await until(1)).map(({ event }) => event)).toEqual([VIR_DOMAIN_EVENT_STOPPED]);
  });
});
