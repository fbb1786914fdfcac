/**
 * What both adapters of the hypervisor port must do alike. Runs against the simulated fleet with the unit tests and
 * against two real hosts in the lab, so that the simulation cannot drift from what libvirt does.
 * Compares libvirt's numbers and states, never its texts.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { HypervisorError, PLAIN_CHANNEL, VirErr, VirFrom } from '../../src/hypervisor/port';
import type { Hypervisor, MigrateRequest } from '../../src/hypervisor/port';
import type { ConformanceFleet, GuestWish, StartedGuest } from './fleet';

export interface ConformanceLimits {
  /** Longest that one test may take. */
  testMs: number;
  /** Longest that a condition may take to come true. */
  conditionMs: number;
}

export function runConformance(
  name: string,
  makeFleet: () => Promise<ConformanceFleet>,
  limits: ConformanceLimits,
): void {
  describe(`hypervisor port, ${name}`, () => {
    let fleet: ConformanceFleet;
    const check = (what: string, body: () => Promise<void>) => test(what, body, limits.testMs);
    const eventually = (what: string, holds: () => Promise<boolean>) =>
      until(what, holds, limits.conditionMs);

    beforeAll(async () => {
      fleet = await makeFleet();
    }, limits.testMs);
    beforeEach(() => fleet.reset(), limits.testMs);
    afterAll(() => fleet.close(), limits.testMs);

    const availableOn = async (host: Hypervisor, type: string): Promise<number> => {
      const offer = (await host.mdevTypes()).find(
        (each) => each.parent === fleet.parent && each.type === type,
      );
      if (!offer) throw new Error(`${fleet.parent} does not offer ${type}`);
      return offer.availableInstances;
    };
    const deviceOn = async (host: Hypervisor, uuid: string) =>
      (await host.listMdevs()).find((mdev) => mdev.uuid === uuid);
    const newMdev = async (host: Hypervisor, type = fleet.type, persistent = false): Promise<string> => {
      const uuid = randomUUID();
      await host.createMdev({ uuid, type, parent: fleet.parent, persistent });
      return uuid;
    };
    const newTargets = async ({ mdevs }: StartedGuest, persistent = false): Promise<string[]> => {
      const targets: string[] = [];
      for (const _ of mdevs) targets.push(await newMdev(fleet.b, fleet.type, persistent));
      return targets;
    };
    /** A request as the product makes it: the guest's own XML with nothing but the devices' UUIDs changed. */
    const requestTo = async (
      { guest, mdevs }: StartedGuest,
      targets: string[],
      settings: Partial<MigrateRequest> = {},
    ): Promise<MigrateRequest> => {
      const persistent = (await fleet.a.domain(guest))?.persistent ?? false;
      return {
        targetUri: fleet.uriOf('b'),
        destXml: renamed(await fleet.a.domainXml(guest, 'migratable'), mdevs, targets),
        persistXml: persistent
          ? renamed(await fleet.a.domainXml(guest, 'migratable-inactive'), mdevs, targets)
          : null,
        maxDowntimeMs: fleet.enoughDowntimeMs,
        bandwidthMiBps: 0,
        startPaused: false,
        channel: PLAIN_CHANNEL,
        ...settings,
      };
    };
    /** Starts a guest and a migration of it that stays in pre-copy. */
    const endlessMigration = async (
      wish: Partial<GuestWish> = {},
      settings: Partial<MigrateRequest> = {},
    ) => {
      const started = await fleet.startGuest({ mdevs: 1, persistent: false, dirty: true, ...wish });
      const targets = await newTargets(started);
      const request = await requestTo(started, targets, { ...fleet.endless, ...settings });
      const failure = failureOf(fleet.a.migrate(started.guest, request));
      await eventually(
        'pre-copy',
        async () => ((await fleet.a.jobStats(started.guest))?.memProcessed ?? 0) > 0,
      );
      return { started, targets, request, failure };
    };
    const expectAborted = async (failure: Promise<HypervisorError | undefined>) => {
      const failed = await failure;
      expect([VirErr.OPERATION_ABORTED, VirErr.OPERATION_FAILED]).toContain(failed?.code);
      expect(failed?.connectionLost).toBe(false);
    };
    const expectRunsOnSourceOnly = async (guest: string) => {
      await eventually(
        'the target to be clean',
        async () => (await fleet.b.observe(guest)).state === 'absent',
      );
      expect(await fleet.a.observe(guest)).toMatchObject({ state: 'running', job: 'none' });
    };

    describe('hosts and domains', () => {
      check('versions are libvirt-coded numbers and a kernel release', async () => {
        const versions = await fleet.a.versions();
        expect(versions.libvirt).toBeGreaterThanOrEqual(8_006_000);
        expect(versions.qemu).toBeGreaterThanOrEqual(8_001_000);
        expect(versions.kernel).toMatch(/^\d+\.\d+/);
      });

      check(
        'an unknown domain is absent where that is a fact, and error 42 where it is asked to do something',
        async () => {
          const nobody = randomUUID();
          expect(await fleet.a.observe(nobody)).toEqual({ state: 'absent' });
          expect(await fleet.a.domain(nobody)).toBeUndefined();
          expect(await fleet.a.jobStats(nobody)).toBeUndefined();
          await fleet.a.undefine(nobody);
          expect(await failureOf(fleet.a.domainXml(nobody, 'live'))).toMatchObject({
            code: VirErr.NO_DOMAIN,
            connectionLost: false,
          });
          expect(await failureOf(fleet.a.resume(nobody))).toMatchObject({ code: VirErr.NO_DOMAIN });
          expect(await failureOf(fleet.a.destroy(nobody))).toMatchObject({ code: VirErr.NO_DOMAIN });
          expect(await failureOf(fleet.a.setAutostart(nobody, true))).toMatchObject({
            code: VirErr.NO_DOMAIN,
          });
          expect(await failureOf(fleet.a.abortJob(nobody))).toMatchObject({ code: VirErr.NO_DOMAIN });
        },
      );

      check('a persistent guest: running, destroyed, undefined', async () => {
        const { guest, mdevs } = await fleet.startGuest({ mdevs: 1, persistent: true });
        expect(await fleet.a.domain(guest)).toMatchObject({
          uuid: guest,
          running: true,
          persistent: true,
          autostart: true,
        });
        expect((await fleet.a.listDomains()).map(({ uuid }) => uuid)).toEqual([guest]);
        expect(await fleet.a.observe(guest)).toEqual({
          state: 'running',
          reason: 'booted',
          job: 'none',
          persistent: true,
        });
        expect(await failureOf(fleet.a.abortJob(guest))).toMatchObject({ code: VirErr.OPERATION_INVALID });
        expect(await failureOf(fleet.a.resume(guest))).toMatchObject({ code: VirErr.OPERATION_INVALID });
        await fleet.a.setAutostart(guest, false);
        expect(await fleet.a.domain(guest)).toMatchObject({ autostart: false });

        await fleet.a.destroy(guest);
        expect(await fleet.a.observe(guest)).toEqual({
          state: 'shut-off',
          reason: 'destroyed',
          persistent: true,
        });
        expect(await failureOf(fleet.a.destroy(guest))).toMatchObject({ code: VirErr.OPERATION_INVALID });
        // A shut off guest holds no device.
        await fleet.a.destroyMdev(mdevs[0] as string);
        await fleet.a.undefine(guest);
        expect(await fleet.a.observe(guest)).toEqual({ state: 'absent' });
      });

      check('a transient guest vanishes when it is destroyed', async () => {
        const { guest } = await fleet.startGuest({ mdevs: 0, persistent: false });
        expect(await fleet.a.observe(guest)).toMatchObject({ state: 'running', persistent: false });
        expect(await failureOf(fleet.a.setAutostart(guest, true))).toMatchObject({
          code: VirErr.OPERATION_INVALID,
        });
        await fleet.a.undefine(guest);
        expect(await fleet.a.observe(guest)).toMatchObject({ state: 'running' });
        await fleet.a.destroy(guest);
        expect(await fleet.a.observe(guest)).toEqual({ state: 'absent' });
      });

      check('only the XML made for a target holds secrets', async () => {
        const { guest, mdevs } = await fleet.startGuest({ mdevs: 2, persistent: true });
        for (const kind of ['live', 'inactive'] as const) {
          expect(await fleet.a.domainXml(guest, kind)).not.toContain(fleet.vncPassword);
        }
        for (const kind of ['migratable', 'migratable-inactive'] as const) {
          expect(await fleet.a.domainXml(guest, kind)).toContain(fleet.vncPassword);
        }
        for (const kind of ['live', 'inactive', 'migratable', 'migratable-inactive'] as const) {
          expect(mdevsIn(await fleet.a.domainXml(guest, kind))).toEqual(mdevs);
        }
      });
    });

    describe('mediated devices', () => {
      check('a transient one takes an instance, is listed, and goes', async () => {
        const before = await availableOn(fleet.b, fleet.type);
        const uuid = await newMdev(fleet.b);
        expect(await availableOn(fleet.b, fleet.type)).toBe(before - 1);
        expect(await deviceOn(fleet.b, uuid)).toEqual({
          uuid,
          type: fleet.type,
          parent: fleet.parent,
          active: true,
          persistent: false,
          autostart: false,
        });
        await fleet.b.destroyMdev(uuid);
        expect(await deviceOn(fleet.b, uuid)).toBeUndefined();
        expect(await availableOn(fleet.b, fleet.type)).toBe(before);
        // Gone already is success.
        await fleet.b.destroyMdev(uuid);
      });

      check('a persistent one is defined and started at boot; its definition goes with it', async () => {
        const uuid = await newMdev(fleet.b, fleet.type, true);
        expect(await deviceOn(fleet.b, uuid)).toMatchObject({
          active: true,
          persistent: true,
          autostart: true,
        });
        expect(
          await failureOf(
            fleet.b.createMdev({ uuid, type: fleet.type, parent: fleet.parent, persistent: true }),
          ),
        ).toBeDefined();
        expect(await deviceOn(fleet.b, uuid)).toMatchObject({ active: true });
        await fleet.b.destroyMdev(uuid);
        expect(await deviceOn(fleet.b, uuid)).toBeUndefined();
      });

      check('an unknown type is refused and nothing stays behind', async () => {
        for (const persistent of [false, true]) {
          const request = { uuid: randomUUID(), type: 'no-such-type', parent: fleet.parent, persistent };
          expect(await failureOf(fleet.b.createMdev(request))).toMatchObject({ connectionLost: false });
        }
        expect(await fleet.b.listMdevs()).toEqual([]);
      });

      check('without a free instance it is refused and nothing stays behind', async () => {
        const uuids: string[] = [];
        while ((await availableOn(fleet.b, fleet.type)) > 0) uuids.push(await newMdev(fleet.b));
        for (const persistent of [false, true]) {
          const request = { uuid: randomUUID(), type: fleet.type, parent: fleet.parent, persistent };
          expect(await failureOf(fleet.b.createMdev(request))).toMatchObject({ connectionLost: false });
        }
        expect((await fleet.b.listMdevs()).map(({ uuid }) => uuid).sort()).toEqual(uuids.sort());
      });

      check('one in use is not destroyed', async () => {
        const { guest, mdevs } = await fleet.startGuest({ mdevs: 1, persistent: false });
        const [uuid] = mdevs as [string];
        expect(await failureOf(fleet.a.destroyMdev(uuid))).toMatchObject({ connectionLost: false });
        expect(await deviceOn(fleet.a, uuid)).toMatchObject({ active: true });
        expect(await fleet.a.observe(guest)).toMatchObject({ state: 'running' });
      });
    });

    describe('migration', () => {
      check('left to libvirt, a transient guest ends up running on the target only', async () => {
        const started = await fleet.startGuest({ mdevs: 2, persistent: false });
        const targets = await newTargets(started);
        await fleet.a.migrate(started.guest, await requestTo(started, targets));
        expect(await fleet.a.observe(started.guest)).toEqual({ state: 'absent' });
        expect(await fleet.b.observe(started.guest)).toEqual({
          state: 'running',
          reason: 'migrated',
          job: 'none',
          persistent: false,
        });
        expect(mdevsIn(await fleet.b.domainXml(started.guest, 'live'))).toEqual(targets);
        // The source's devices are free again.
        for (const uuid of started.mdevs) await fleet.a.destroyMdev(uuid);
      });

      check(
        'fenced, a persistent guest waits on the target with its definition, and starts when the peer says so',
        async () => {
          const started = await fleet.startGuest({ mdevs: 2, persistent: true });
          const { guest } = started;
          const targets = await newTargets(started, true);
          const peer = await fleet.a.connectPeer(fleet.uriOf('b'));
          const told: string[] = [];
          const onSourceStopped = (): void => void told.push('stopped');
          const onSourceEnding = (): void => void told.push('ending');
          const stages = { onSourceStopped, onSourceEnding };
          await fleet.a.migrate(guest, await requestTo(started, targets, { startPaused: true, ...stages }));
          expect(told).toEqual(['stopped', 'ending']);

          expect(await fleet.a.observe(guest)).toEqual({ state: 'absent' });
          expect(await peer.observe(guest)).toEqual({
            state: 'paused',
            reason: 'user',
            job: 'none',
            persistent: true,
          });
          await peer.resume(guest);
          expect(await fleet.b.observe(guest)).toEqual({
            state: 'running',
            reason: 'unpaused',
            job: 'none',
            persistent: true,
          });
          for (const kind of ['live', 'inactive'] as const)
            expect(mdevsIn(await fleet.b.domainXml(guest, kind))).toEqual(targets);
          expect(await fleet.b.domainXml(guest, 'migratable')).toContain(fleet.vncPassword);
          expect(await fleet.b.domain(guest)).toMatchObject({ persistent: true, autostart: false });
          const completed = await peer.completedJobStats(guest);
          expect(completed?.memTotal).toBeGreaterThan(0);
          expect(completed?.downtimeMs).toBeGreaterThan(0);
          await peer.close();
        },
      );

      check(
        'a copy is resumed where the source ends, if it is complete and waits: before the call returns',
        async () => {
          const started = await fleet.startGuest({ mdevs: 1, persistent: false });
          const { guest } = started;
          const targets = await newTargets(started);
          const peer = await fleet.a.connectPeer(fleet.uriOf('b'));
          expect(await peer.resumeIfHeld(guest)).toBe(false);
          let resumed: Promise<boolean> | undefined;
          const onSourceEnding = (): void => {
            resumed = peer.resumeIfHeld(guest);
          };
          await fleet.a.migrate(
            guest,
            await requestTo(started, targets, { startPaused: true, onSourceEnding }),
          );
          expect(await resumed).toBe(true);
          expect(await peer.observe(guest)).toMatchObject({ state: 'running', reason: 'unpaused' });
          expect(await peer.resumeIfHeld(guest)).toBe(false);
          await peer.close();
        },
      );

      check('a copy that still loads is not resumed, and the answer comes at once', async () => {
        const { started, failure } = await endlessMigration();
        const peer = await fleet.a.connectPeer(fleet.uriOf('b'));
        expect(await peer.resumeIfHeld(started.guest)).toBe(false);
        await fleet.a.abortJob(started.guest);
        await expectAborted(failure);
        await peer.close();
      });

      check('the source of one that fails is not told to be ending', async () => {
        const onSourceEnding = jest.fn();
        const { started, failure } = await endlessMigration({}, { onSourceEnding });
        await fleet.a.destroy(started.guest);
        expect(await failure).toMatchObject({ connectionLost: false });
        expect(onSourceEnding).not.toHaveBeenCalled();
      });

      check(
        'a guest that writes too fast stays in pre-copy, and a larger maximum downtime ends it',
        async () => {
          const { started, failure } = await endlessMigration();
          const { guest } = started;
          expect(await fleet.a.observe(guest)).toMatchObject({ state: 'running', job: 'outgoing' });
          expect(await fleet.b.observe(guest)).toMatchObject({ state: 'paused', job: 'incoming' });
          expect(await fleet.b.jobStats(guest)).toBeUndefined();
          await eventually(
            'a second iteration',
            async () => ((await fleet.a.jobStats(guest))?.iteration ?? 0) >= 2,
          );
          const stats = { kind: 'outgoing', pageSize: 4096, guestStopped: false };
          expect(await fleet.a.jobStats(guest)).toMatchObject(stats);
          await fleet.a.setBandwidth(guest, 0);
          await fleet.a.setMaxDowntime(guest, fleet.enoughDowntimeMs);
          expect(await failure).toBeUndefined();
          expect(await fleet.a.observe(guest)).toEqual({ state: 'absent' });
          expect(await fleet.b.observe(guest)).toMatchObject({ state: 'running', reason: 'migrated' });
        },
      );

      check(
        'an aborted one ends with 78, or on a slow host 9; its target device is of no use until it is created anew',
        async () => {
          const { started, targets, request, failure } = await endlessMigration();
          const { guest } = started;
          await fleet.a.abortJob(guest);
          await expectAborted(failure);
          await expectRunsOnSourceOnly(guest);

          const again = { ...request, maxDowntimeMs: fleet.enoughDowntimeMs, bandwidthMiBps: 0 };
          expect(await failureOf(fleet.a.migrate(guest, again))).toMatchObject({
            code: VirErr.OPERATION_FAILED,
          });
          await expectRunsOnSourceOnly(guest);

          const [uuid] = targets as [string];
          await fleet.b.destroyMdev(uuid);
          await fleet.b.createMdev({ uuid, type: fleet.type, parent: fleet.parent, persistent: false });
          await fleet.a.migrate(guest, again);
          expect(await fleet.b.observe(guest)).toMatchObject({ state: 'running' });
        },
      );

      check(
        'one over TLS is refused where the hosts have no certificates; its target device serves the next',
        async () => {
          const started = await fleet.startGuest({ mdevs: 1, persistent: false });
          const { guest } = started;
          const targets = await newTargets(started);
          const overTls = await requestTo(started, targets, { channel: { ...PLAIN_CHANNEL, tls: true } });
          expect(await failureOf(fleet.a.migrate(guest, overTls))).toMatchObject({
            code: VirErr.INTERNAL_ERROR,
            domain: VirFrom.QEMU,
            connectionLost: false,
          });
          await expectRunsOnSourceOnly(guest);
          await fleet.a.migrate(guest, { ...overTls, channel: PLAIN_CHANNEL });
          expect(await fleet.b.observe(guest)).toMatchObject({ state: 'running' });
        },
      );

      check('a second one while one runs is refused; the first goes on', async () => {
        const { started, request } = await endlessMigration();
        expect(await failureOf(fleet.a.migrate(started.guest, request))).toMatchObject({
          code: VirErr.OPERATION_INVALID,
        });
        expect(await fleet.a.observe(started.guest)).toMatchObject({ state: 'running', job: 'outgoing' });
      });

      check('a guest that its user had paused arrives paused', async () => {
        const started = await fleet.startGuest({ mdevs: 1, persistent: false });
        const targets = await newTargets(started);
        await fleet.userPauses(started.guest);
        expect(await fleet.a.observe(started.guest)).toMatchObject({ state: 'paused', reason: 'user' });
        await fleet.a.migrate(started.guest, await requestTo(started, targets));
        expect(await fleet.a.observe(started.guest)).toEqual({ state: 'absent' });
        expect(await fleet.b.observe(started.guest)).toMatchObject({ state: 'paused', reason: 'user' });
      });

      check('a guest that powers itself off during it is on neither host', async () => {
        const { started, failure } = await endlessMigration();
        await fleet.userShutsDown(started.guest);
        expect(await failure).toMatchObject({ connectionLost: false });
        for (const host of [fleet.a, fleet.b]) {
          await eventually(
            'the guest to be gone',
            async () => (await host.observe(started.guest)).state === 'absent',
          );
        }
      });
    });

    describe('migration refused', () => {
      check('99: a target device does not exist', async () => {
        const started = await fleet.startGuest({ mdevs: 1, persistent: false });
        const request = await requestTo(started, [randomUUID()]);
        expect(await failureOf(fleet.a.migrate(started.guest, request))).toMatchObject({
          code: VirErr.DEVICE_MISSING,
        });
        await expectRunsOnSourceOnly(started.guest);
      });

      check('55: a target device belongs to a running guest', async () => {
        const other = await fleet.startGuest({ on: 'b', mdevs: 1, persistent: false });
        const started = await fleet.startGuest({ mdevs: 1, persistent: false });
        const request = await requestTo(started, other.mdevs);
        expect(await failureOf(fleet.a.migrate(started.guest, request))).toMatchObject({
          code: VirErr.OPERATION_INVALID,
        });
        await expectRunsOnSourceOnly(started.guest);
        expect(await fleet.b.observe(other.guest)).toMatchObject({ state: 'running' });
      });

      check('55/20: the guest runs on the target already; that copy is left alone', async () => {
        const started = await fleet.startGuest({ mdevs: 1, persistent: false });
        await fleet.startGuest({ on: 'b', mdevs: 1, persistent: false, uuid: started.guest });
        const request = await requestTo(started, await newTargets(started));
        expect(await failureOf(fleet.a.migrate(started.guest, request))).toMatchObject({
          code: VirErr.OPERATION_INVALID,
          domain: VirFrom.DOMAIN,
        });
        for (const host of [fleet.a, fleet.b])
          expect(await host.observe(started.guest)).toMatchObject({ state: 'running', job: 'none' });
      });

      check('55: its QEMU refuses, and says so before', async () => {
        const started = await fleet.startGuest({ mdevs: 1, persistent: false, blocked: true });
        expect(await fleet.a.migrationBlockers(started.guest)).toEqual([
          expect.stringMatching(/format used by node .* does not support live migration/),
        ]);
        const request = await requestTo(started, await newTargets(started));
        expect(await failureOf(fleet.a.migrate(started.guest, request))).toMatchObject({
          code: VirErr.OPERATION_INVALID,
        });
        await expectRunsOnSourceOnly(started.guest);
        const other = await fleet.startGuest({ on: 'b', mdevs: 1, persistent: false });
        expect(await fleet.b.migrationBlockers(other.guest)).toEqual([]);
      });

      check('9: a target device is of another type', async () => {
        const started = await fleet.startGuest({ mdevs: 1, persistent: false });
        const request = await requestTo(started, [await newMdev(fleet.b, fleet.otherType)]);
        expect(await failureOf(fleet.a.migrate(started.guest, request))).toMatchObject({
          code: VirErr.OPERATION_FAILED,
        });
        await expectRunsOnSourceOnly(started.guest);
      });

      check('67: the XML has fewer devices than the guest', async () => {
        const started = await fleet.startGuest({ mdevs: 2, persistent: false });
        const request = await requestTo(started, await newTargets(started));
        const destXml = request.destXml.replace(/<hostdev [\s\S]*?<\/hostdev>/, '');
        expect(await failureOf(fleet.a.migrate(started.guest, { ...request, destXml }))).toMatchObject({
          code: VirErr.CONFIG_UNSUPPORTED,
          domain: VirFrom.DOMAIN,
        });
        await expectRunsOnSourceOnly(started.guest);
      });
    });
  });
}

function renamed(xml: string, from: string[], to: string[]): string {
  return from.reduce((text, uuid, i) => text.replaceAll(uuid, to[i] as string), xml);
}

function mdevsIn(xml: string): (string | undefined)[] {
  return [...xml.matchAll(/<address uuid=['"]([^'"]+)/g)].map((match) => match[1]);
}

/** What the call rejected with; `undefined` if it succeeded. Anything but the port's error is a fault of the adapter. */
async function failureOf(call: Promise<unknown>): Promise<HypervisorError | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof HypervisorError) return error;
    throw error;
  }
}

const LOOK_EVERY_MS = 20;

/** The port has no events, so a condition is looked at again and again. */
async function until(what: string, holds: () => Promise<boolean>, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await pause(LOOK_EVERY_MS);
  }
}
