/** Inputs come through Temporal from any client: a malformed one is refused by name, before the host is asked anything. */
import { type HostActivities, type MigrateInput, DEFAULT_POLICY, ErrorType } from '../../src/contract';
import type { Hypervisor } from '../../src/hypervisor/port';
import { claimInput, migrateInput, readInput } from '../../activities/inputs';
import { HostPair, failureOf, migrationOf, uuid } from './host-pair';

const migration = migrationOf(uuid(1));
const migrate: MigrateInput = {
  migration,
  destination: 'host-b',
  policy: { ...DEFAULT_POLICY },
  mdevs: [{ source: uuid(2), target: uuid(3) }],
  xmlDigest: '0'.repeat(64),
  persistent: true,
  pausedByUser: false,
  attach: false,
};
const claim = {
  migration,
  requests: [{ source: uuid(2), type: 'nvidia-471' }],
  persistent: true,
  sourceFailed: [],
};
const finalize = {
  migration,
  claimId: 'c',
  mdevs: [uuid(3)],
  persistent: true,
  autostart: true,
  pausedByUser: false,
};
const cleanUp = { migration, mdevs: [uuid(2)], policy: 'remove' };
const watch = { migration, seen: { state: 'absent' } };
const abort = { migration, command: 'abort' };
const act = { migration, act: 'destroy', expect: { state: 'absent' } };
const other = (change: object): object => ({ ...migration, ...change });

let pair: HostPair;
let asked: jest.SpyInstance[];
beforeEach(async () => {
  pair = await HostPair.make();
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(pair.a.hypervisor)) as (keyof Hypervisor)[];
  asked = names
    .filter((name) => !['constructor', 'close'].includes(name))
    .map((name) => jest.spyOn(pair.a.hypervisor, name));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

const call = (name: keyof HostActivities, input: unknown): Promise<unknown> =>
  pair.a.activities[name](input as never);

test.each<[keyof HostActivities, string, unknown, string]>([
  ['inspectSource', 'no migration', { destination: 'host-b' }, 'migration'],
  [
    'inspectSource',
    'a guest in upper case',
    { migration: other({ guest: 'ABC' }), destination: 'b' },
    'guest',
  ],
  ['inspectSource', 'a host with shell characters', { migration, destination: '$(reboot)' }, 'destination'],
  [
    'claimOnDestination',
    'a type with XML in it',
    { ...claim, requests: [{ source: uuid(2), type: '<a/>' }] },
    'type',
  ],
  [
    'claimOnDestination',
    'a source that is no UUID',
    { ...claim, requests: [{ source: '../x', type: 't' }] },
    'source',
  ],
  [
    'claimOnDestination',
    'more devices than a guest can have',
    { ...claim, requests: Array.from({ length: 65 }, (_, n) => ({ source: uuid(n), type: 't' })) },
    'requests',
  ],
  ['migrateGuest', 'an empty digest', { ...migrate, xmlDigest: '' }, 'xmlDigest'],
  [
    'migrateGuest',
    'a target that is a path',
    { ...migrate, mdevs: [{ source: uuid(2), target: '/x' }] },
    'target',
  ],
  [
    'migrateGuest',
    'an unknown policy',
    { ...migrate, policy: { ...DEFAULT_POLICY, switchover: 'fast' } },
    'switchover',
  ],
  [
    'migrateGuest',
    'no downtime',
    { ...migrate, policy: { ...DEFAULT_POLICY, maxDowntimeMs: 0 } },
    'maxDowntimeMs',
  ],
  [
    'migrateGuest',
    'a downtime that QEMU refuses',
    { ...migrate, policy: { ...DEFAULT_POLICY, initialDowntimeMs: 2_000_001 } },
    'initialDowntimeMs',
  ],
  [
    'migrateGuest',
    'an unknown action',
    { ...migrate, policy: { ...DEFAULT_POLICY, onTimeout: 'suspend' } },
    'onTimeout',
  ],
  [
    'migrateGuest',
    'no limit of the downtime as a command',
    { ...migrate, overrides: { maxDowntimeMs: 0 } },
    'maxDowntimeMs',
  ],
  ['migrateGuest', 'framebuffer below nothing', { ...migrate, framebufferMiB: -1 }, 'framebufferMiB'],
  ['migrateGuest', 'no word on attaching', { ...migrate, attach: undefined }, 'attach'],
  ['finalizeOnDestination', 'a device that is no UUID', { ...finalize, mdevs: ['x'] }, 'mdevs'],
  ['cleanUpSource', 'an unknown policy', { ...cleanUp, policy: 'burn' }, 'policy'],
  ['releaseClaim', 'no word on recycling', { migration, claimId: 'c' }, 'recycle'],
  ['observeGuest', 'no run', { migration: other({ run: '' }) }, 'run'],
  ['actOnGuest', 'an unknown act', { ...act, act: 'undefine-all' }, 'act'],
  [
    'actOnGuest',
    'an expectation that no host can see',
    { ...act, expect: { state: 'unreachable' } },
    'expect',
  ],
  ['actOnGuest', 'an operator who is not sure', { ...act, byOperator: 'yes' }, 'byOperator'],
  ['controlJob', 'an unknown command', { migration, command: 'suspend' }, 'command'],
  ['controlJob', 'a limit that is not said', { migration, command: 'setMaxDowntime' }, 'maxDowntimeMs'],
  [
    'controlJob',
    'a negative bandwidth',
    { migration, command: 'setBandwidth', bandwidthMiBps: -1 },
    'bandwidthMiBps',
  ],
  ['controlJob', 'no migration', { command: 'abort' }, 'migration'],
  ['watchGuest', 'a state that nobody can see', { migration, seen: { state: 'happy' } }, 'seen'],
  ['watchGuest', 'no state', { migration }, 'seen'],
  ['findGuest', 'an empty name', { guest: '' }, 'guest'],
  ['findGuest', 'nothing at all', undefined, 'expected object'],
])('%s refuses %s', async (name, _what, input, named) => {
  const failure = await failureOf(call(name, input));
  expect(failure).toMatchObject({ type: ErrorType.InvalidInput, nonRetryable: true });
  expect(failure.message).toContain(named);
  for (const spy of asked) expect(spy).not.toHaveBeenCalled();
});

test('a failure is not as long as what was sent, and what no check can look into is refused too', async () => {
  let deep: unknown = [];
  for (let level = 0; level < 100_000; level++) deep = [deep];
  const sourceFailed = Array.from({ length: 50_000 }, () => 7);
  for (const input of [
    { ...claim, sourceFailed },
    { ...claim, migration: other({ workflow: { length: deep } }) },
  ]) {
    const failure = await failureOf(call('claimOnDestination', input));
    expect(failure).toMatchObject({ type: ErrorType.InvalidInput, nonRetryable: true });
    expect(failure.message.length).toBeLessThan(5_000);
  }
});

test('the words of checks that have failed are cut, not refused', () => {
  const check = { check: 'peer-reachable', host: 'host-a', required: 'it answers', fix: 'look' };
  const read = readInput(claimInput, { ...claim, sourceFailed: [{ ...check, found: 'x'.repeat(5_000) }] });
  expect(read.sourceFailed[0]!.found).toMatch(/^x{1000}\.\.\. and 4000 characters more$/);
});

test.each<[keyof HostActivities, object]>([
  ['migrateGuest', migrate],
  ['finalizeOnDestination', finalize],
  ['cleanUpSource', cleanUp],
  ['observeGuest', { migration }],
  ['actOnGuest', act],
  ['watchGuest', watch],
  ['controlJob', abort],
])('%s refuses a caller that needs a newer agent, by this host’s name', async (name, input) => {
  const failure = await failureOf(call(name, { ...input, migration: other({ requiredProtocol: 99 }) }));
  expect(failure).toMatchObject({
    type: ErrorType.PreCheck,
    nonRetryable: true,
    details: [[expect.objectContaining({ check: 'agent-protocol', host: 'host-a' })]],
  });
  for (const spy of asked) expect(spy).not.toHaveBeenCalled();
});

test('an undo is never refused for the caller’s version', async () => {
  const input = { migration: other({ requiredProtocol: 99 }), recycle: false };
  expect(await call('releaseClaim', input)).toEqual([]);
});

describe('what a workflow of the version before sends', () => {
  const before = { maxDowntimeMs: 700, bandwidthMiBps: 5, switchover: 'fenced', sourceMdevs: 'keep' };

  test('has one downtime and no timeouts: a job as that version knew it', () => {
    expect(readInput(migrateInput, { ...migrate, policy: before })).toEqual({
      ...migrate,
      policy: {
        ...before,
        initialDowntimeMs: 700,
        downtimeSteps: 1,
        downtimeStepSecondsPerGiB: 0,
        completionTimeoutSecondsPerGiB: 0,
        progressTimeoutSeconds: 0,
        onTimeout: 'abort',
        forceCompleteDowntimeMs: 700,
      },
    });
  });
});

test('what this version sends is taken as it is', () => {
  const input = { ...migrate, framebufferMiB: 6144, overrides: { maxDowntimeMs: 9, bandwidthMiBps: 0 } };
  expect(readInput(migrateInput, input)).toEqual(input);
});
