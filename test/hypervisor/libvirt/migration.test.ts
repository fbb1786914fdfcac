/** How the maximum downtime gets into a migration, and the source's end out of it, against scripted connections. */
import { HypervisorError, PLAIN_CHANNEL } from '../../../src/hypervisor/port';
import type { Connection } from '../../../src/hypervisor/libvirt/connection';
import { runMigration } from '../../../src/hypervisor/libvirt/migration';
import type { LifecycleEvent } from '../../../src/hypervisor/libvirt/event-loop';
import type { NativeThread } from '../../../src/hypervisor/libvirt/native-thread';

const REQUEST = {
  targetUri: 'qemu+tcp://target/system',
  destXml: '<domain/>',
  persistXml: null,
  maxDowntimeMs: 4000,
  bandwidthMiBps: 0,
  startPaused: true,
  channel: PLAIN_CHANNEL,
};

const notYet = new HypervisorError('there is no migration job', 55, 10, false);

/** `refusals`: what setMaxDowntime rejects with, call by call. The job ends when it has been tried in the job, or was set before. */
function stage(refusals: unknown[]) {
  const calls: string[] = [];
  const warnings: string[] = [];
  const presetWorks = refusals.length === 0;
  let endJob: () => void = () => undefined;
  const setMaxDowntime = async (ms: number) => {
    calls.push(`setMaxDowntime ${ms}`);
    endJob();
    const refusal = refusals.shift();
    if (refusal !== undefined) throw refusal as Error;
  };
  const control = {
    call: (name: string, _guest: string, ms: number) => {
      if (name === 'setMaxDowntime') return setMaxDowntime(ms);
      calls.push(name);
      return Promise.resolve({ kind: 'outgoing' });
    },
  };
  const thread = {
    call: (name: string) => {
      calls.push(name);
      return new Promise<void>((resolve) => {
        endJob = resolve;
        if (presetWorks) resolve();
      });
    },
  };
  const run = () =>
    runMigration({
      control: control as unknown as Connection,
      thread: thread as unknown as NativeThread,
      events: {
        listen: () => {
          throw new Error('nobody has asked for events');
        },
      },
      guest: 'guest',
      request: REQUEST,
      logger: { warn: (_details, message) => warnings.push(message) },
    });
  return { run, calls, warnings };
}

describe('the maximum downtime', () => {
  test('is set before the job', async () => {
    const { run, calls } = stage([]);
    await run();
    expect(calls).toEqual(['setMaxDowntime 4000', 'migrate']);
  });

  test('is set in the job where libvirt refuses it before', async () => {
    const { run, calls } = stage([notYet]);
    await run();
    expect(calls).toEqual(['setMaxDowntime 4000', 'migrate', 'jobStats', 'setMaxDowntime 4000']);
  });

  test('that cannot be set in the job is told, and the migration goes on', async () => {
    const { run, warnings } = stage([notYet, notYet]);
    await run();
    expect(warnings).toHaveLength(1);
  });

  test('refused for another reason means that nothing is started', async () => {
    const noDomain = new HypervisorError('no domain', 42, 10, false);
    const { run, calls } = stage([noDomain]);
    await expect(run()).rejects.toBe(noDomain);
    expect(calls).toEqual(['setMaxDowntime 4000']);
  });
});

describe("the source's end", () => {
  const STOPPED = { event: 3, detail: 1 };
  const ENDING = { event: 6, detail: 2 };

  /** `registration`: what libvirt says to it. The migrate call returns when `events` have come. */
  function stageEvents(
    events: LifecycleEvent[],
    registration: Promise<void> = Promise.resolve(),
    end: () => Promise<void> = () => Promise.resolve(),
  ) {
    const calls: unknown[][] = [];
    const warnings: string[] = [];
    const told: string[] = [];
    const onSourceStopped = jest.fn(() => told.push('stopped'));
    const onSourceEnding = jest.fn(() => told.push('ending'));
    const stop = jest.fn();
    let hear: (event: LifecycleEvent) => void = () => undefined;
    const listen = (listener: (event: LifecycleEvent) => void) => {
      hear = listener;
      return { target: { callback: 1n, listener: 7 }, stop };
    };
    const thread = {
      call: (...call: unknown[]) => {
        calls.push(call);
        if (call[0] === 'watchLifecycle') return registration;
        events.forEach((event) => hear(event));
        return end();
      },
    };
    const run = () =>
      runMigration({
        control: { call: () => Promise.resolve() } as unknown as Connection,
        thread: thread as unknown as NativeThread,
        events: { listen },
        guest: 'guest',
        request: { ...REQUEST, onSourceStopped, onSourceEnding },
        logger: { warn: (_details, message) => warnings.push(message) },
      });
    return { run, calls, warnings, told, onSourceEnding, stop };
  }

  test('comes after its stop, which is told each time', async () => {
    const RESUMED = { event: 4, detail: 0 };
    const { run, told } = stageEvents([STOPPED, STOPPED, RESUMED, STOPPED, ENDING]);
    await run();
    expect(told).toEqual(['stopped', 'stopped', 'ending']);
  });

  test('is listened for on the call’s own connection, before the call, and told once', async () => {
    const { run, calls, onSourceEnding, stop } = stageEvents([STOPPED, ENDING, ENDING]);
    await run();
    expect(calls).toEqual([
      ['watchLifecycle', 'guest', { callback: 1n, listener: 7 }],
      ['migrate', 'guest', REQUEST],
    ]);
    expect(onSourceEnding).toHaveBeenCalledTimes(1);
    expect(stop).toHaveBeenCalledTimes(1);
  });

  test('is not told of a source that the switchover has not stopped', async () => {
    const { run, onSourceEnding } = stageEvents([ENDING]);
    await run();
    expect(onSourceEnding).not.toHaveBeenCalled();
  });

  const RESUMED = { event: 4, detail: 0 };
  const lost = new HypervisorError('End of file while reading data', 38, 7, true);
  const refused = new HypervisorError('operation failed', 9, 10, false);

  test.each<[string, LifecycleEvent[], HypervisorError, boolean]>([
    ['stood still when the connection was lost', [STOPPED], lost, true],
    ['had been told to end', [STOPPED, ENDING], lost, true],
    ['had been started again before', [STOPPED, RESUMED], lost, false],
    ['ran', [], lost, false],
    ['stood still when the daemon, which lives on, gave up', [STOPPED], refused, false],
  ])('the failure says whether the guest stood still: it %s', async (_what, events, error, sourceStopped) => {
    const { run, stop } = stageEvents(events, undefined, () => Promise.reject(error));
    const { message, code, domain, connectionLost } = error;
    await expect(run()).rejects.toMatchObject({ message, code, domain, connectionLost, sourceStopped });
    expect(stop).toHaveBeenCalledTimes(1);
  });

  test('that can’t be listened for is told to the log, and the migration goes on', async () => {
    const refused = new HypervisorError('access denied', 88, 10, false);
    const { run, calls, warnings } = stageEvents([], Promise.reject(refused));
    await run();
    expect(calls.map(([name]) => name)).toEqual(['watchLifecycle', 'migrate']);
    expect(warnings).toHaveLength(1);
  });
});
