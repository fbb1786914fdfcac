/** A connection's session on libvirt's built-in test driver, in this thread: handles counted, loss of the connection staged. */
import { createRequire } from 'node:module';

import type * as Koffi from 'koffi' with { 'resolution-mode': 'import' };

import { type Handle, type Libvirt, loadLibvirt } from '../../../src/hypervisor/libvirt/library';
import { Session, SessionFailure } from '../../../src/hypervisor/libvirt/session';
import { PLAIN_CHANNEL } from '../../../src/hypervisor/port';
import { describeWithLibvirt } from './libvirt-here';

const koffi = createRequire(__filename)('koffi') as typeof Koffi;

const OPTIONS = { uri: 'test:///default', keepAliveSeconds: 5 };
const GUEST = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const NOBODY = '00000000-0000-4000-8000-000000000000';

const REQUEST = {
  targetUri: 'qemu+tcp://127.0.0.1:1/system',
  destXml: '<domain/>',
  persistXml: '<domain/>',
  maxDowntimeMs: 300,
  bandwidthMiBps: 0,
  startPaused: true,
  channel: PLAIN_CHANNEL,
};

/** Calls that hand out something, and what has to be called for it later. */
const FREED_BY: Readonly<Partial<Record<keyof Libvirt, keyof Libvirt>>> = {
  virConnectOpen: 'virConnectClose',
  virDomainLookupByUUIDString: 'virDomainFree',
  virNodeDeviceLookupByName: 'virNodeDeviceFree',
  virConnectDomainEventRegisterAny: 'virConnectDomainEventDeregisterAny',
};

/** `library`, with the handles of each kind that are out, and each kind's total. */
function counting(library: Libvirt): {
  library: Libvirt;
  out: Map<string, number>;
  total: Map<string, number>;
} {
  const out = new Map<string, number>();
  const total = new Map<string, number>();
  const add = (kind: string, count: number) => {
    out.set(kind, (out.get(kind) ?? 0) + count);
    if (count > 0) total.set(kind, (total.get(kind) ?? 0) + count);
  };
  const frees = new Set<string>([...Object.values(FREED_BY), 'free', 'virTypedParamsFree']);
  const wrapped = Object.entries(library).map(([name, call]) => {
    if (typeof call !== 'function') return [name, call];
    return [
      name,
      (...args: unknown[]) => {
        const result: unknown = (call as (...args: unknown[]) => unknown)(...args);
        const freedBy = FREED_BY[name as keyof Libvirt];
        if (freedBy !== undefined && result !== null) add(freedBy, 1);
        if (name === 'virConnectListAllDomains' && Number(result) >= 0) {
          add('virDomainFree', Number(result));
          add('free', 1);
        }
        if (name === 'virConnectListAllNodeDevices' && Number(result) >= 0) {
          add('virNodeDeviceFree', Number(result));
          add('free', 1);
        }
        if (name === 'virTypedParamsAddString' && (args[1] as number[])[0] === 1)
          add('virTypedParamsFree', 1);
        if (frees.has(name) && args[0] !== null) add(name, -1);
        return result;
      },
    ];
  });
  return { library: Object.fromEntries(wrapped) as Libvirt, out, total };
}

function failureOf(run: () => unknown): SessionFailure {
  try {
    run();
  } catch (error) {
    if (error instanceof SessionFailure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describeWithLibvirt("a session on libvirt's test driver", () => {
  let library: Libvirt;
  beforeAll(() => {
    library = loadLibvirt();
    library.virEventRegisterDefaultImpl(); // events cannot be registered for without
  });

  test('frees every handle, list and parameter, also of calls that fail', () => {
    const counted = counting(library);
    const session = new Session(counted.library, OPTIONS);
    for (let round = 0; round < 50; round += 1) {
      session.run('listDomains', []);
      session.run('observe', [GUEST]);
      session.run('observe', [NOBODY]);
      session.run('resumeIfHeld', [GUEST]);
      session.run('domainXml', [GUEST, 'migratable']);
      session.run('mdevParents', []);
      failureOf(() => session.run('domainXml', [NOBODY, 'live']));
      failureOf(() => session.run('resume', [GUEST]));
      failureOf(() => session.run('stopMdev', ['computer']));
      failureOf(() => session.run('migrate', [GUEST, REQUEST]));
    }
    session.run('watchLifecycle', [GUEST, { callback: library.nothing, listener: 1 }]);
    session.close();
    expect(Object.fromEntries(counted.out)).toEqual({
      virConnectClose: 0,
      virConnectDomainEventDeregisterAny: 0,
      virDomainFree: 0,
      virNodeDeviceFree: 0,
      virTypedParamsFree: 0,
      free: 0,
    });
    // The counting itself is right: one connection, and for each round at least what the calls above need.
    expect(counted.total.get('virConnectClose')).toBe(1);
    expect(counted.total.get('virConnectDomainEventDeregisterAny')).toBe(1);
    expect(counted.total.get('virDomainFree')).toBe(50 * 6 + 1);
    expect(counted.total.get('virTypedParamsFree')).toBe(50);
  });

  test('frees the strings that libvirt allocates', () => {
    const session = new Session(library, OPTIONS);
    const before = koffi.stats().disposed;
    for (let round = 0; round < 100; round += 1) session.run('domainXml', [GUEST, 'live']);
    expect(koffi.stats().disposed - before).toBe(100);
    session.close();
  });

  test('opens again after a close', () => {
    const session = new Session(library, OPTIONS);
    const first = session.run('listDomains', []);
    session.close();
    expect(session.run('listDomains', [])).toEqual(first);
    session.close();
  });

  test("gives libvirt's numbers and text, and keeps the connection", () => {
    const counted = counting(library);
    const session = new Session(counted.library, OPTIONS);
    const failure = failureOf(() => session.run('domainXml', [NOBODY, 'live']));
    expect([failure.cause.code, failure.cause.domain, failure.message]).toEqual([42, 12, 'Domain not found']);
    expect(failure.connectionLost).toBe(false);
    session.run('listDomains', []);
    expect(counted.total.get('virConnectClose')).toBe(1);
    session.close();
  });

  test('a connection that has died while idle is replaced before the next call', () => {
    const counted = counting(library);
    let alive = 1;
    const session = new Session({ ...counted.library, virConnectIsAlive: () => alive }, OPTIONS);
    session.run('listDomains', []);
    alive = 0;
    expect(session.run('listDomains', [])).toHaveLength(1);
    expect(counted.total.get('virConnectClose')).toBe(2);
    expect(counted.out.get('virConnectClose')).toBe(1);
    session.close();
  });

  /** The connection dies in the middle of each call of `name` for as long as `times` lasts. */
  function dying(name: 'virDomainGetXMLDesc' | 'virDomainMigrateToURI3', times: number) {
    const counted = counting(library);
    let alive = 1;
    let calls = 0;
    const staged: Libvirt = {
      ...counted.library,
      virConnectOpen: (...args) => {
        alive = 1;
        return counted.library.virConnectOpen(...args);
      },
      virConnectIsAlive: () => alive,
      [name]: (...args: [Handle, number]) => {
        calls += 1;
        if (calls > times) return counted.library.virDomainGetXMLDesc(...args);
        alive = 0;
        // Leaves an error of libvirt's own behind, and fails as the declaration says.
        counted.library.virDomainGetXMLDesc(null, 0);
        return name === 'virDomainGetXMLDesc' ? null : -1;
      },
    };
    return {
      session: new Session(staged, OPTIONS),
      calls: () => calls,
      opened: () => counted.total.get('virConnectClose'),
    };
  }

  test('a read that meets the loss is repeated once on a new connection', () => {
    const { session, calls, opened } = dying('virDomainGetXMLDesc', 1);
    expect(session.run('domainXml', [GUEST, 'live'])).toContain(GUEST);
    expect([calls(), opened()]).toEqual([2, 2]);
    session.close();
  });

  test('and only once', () => {
    const { session, calls } = dying('virDomainGetXMLDesc', 9);
    expect(failureOf(() => session.run('domainXml', [GUEST, 'live'])).connectionLost).toBe(true);
    expect(calls()).toBe(2);
  });

  test('a migrate that meets the loss is never repeated', () => {
    const { session, calls } = dying('virDomainMigrateToURI3', 9);
    expect(failureOf(() => session.run('migrate', [GUEST, REQUEST])).connectionLost).toBe(true);
    expect(calls()).toBe(1);
  });

  test("a migration's parameters: where it goes and whose certificate is sought only if that is said", () => {
    const told = (channel: typeof PLAIN_CHANNEL): unknown[] => {
      const given: unknown[] = [];
      const noting = {
        ...library,
        virTypedParamsAddString: (...args: Parameters<Libvirt['virTypedParamsAddString']>) => {
          given.push(args.slice(3));
          return library.virTypedParamsAddString(...args);
        },
      };
      const session = new Session(noting, OPTIONS);
      failureOf(() => session.run('migrate', [GUEST, { ...REQUEST, channel }])); // the test driver can't migrate
      session.close();
      return given;
    };
    const documents = [
      ['destination_xml', REQUEST.destXml],
      ['persistent_xml', REQUEST.persistXml],
    ];
    expect(told(PLAIN_CHANNEL)).toEqual(documents);
    expect(told({ tls: true, tlsDestination: 'b.example', uri: 'tcp://10.0.0.2' })).toEqual([
      ...documents,
      ['migrate_uri', 'tcp://10.0.0.2'],
      ['tls.destination', 'b.example'],
    ]);
  });

  test('a connection that cannot be opened counts as lost', () => {
    const session = new Session(library, { ...OPTIONS, uri: 'qemu+tcp://127.0.0.1:1/system' });
    const failure = failureOf(() => session.run('listDomains', []));
    expect([failure.cause.code, failure.cause.domain, failure.connectionLost]).toEqual([38, 7, true]);
  });
});
