import fc from 'fast-check';
import type { MdevDevice, MdevTypeOffer } from '../../src/hypervisor/port';
import { allocate, inUse, type ClaimedDevice, type HostMdevs } from '../../src/mdev';

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const device = (n: number, type: string, parent: string, change: Partial<MdevDevice> = {}): MdevDevice => ({
  uuid: uuid(n),
  type,
  parent,
  active: true,
  persistent: true,
  autostart: true,
  ...change,
});
const offer = (parent: string, type: string, availableInstances: number): MdevTypeOffer => ({
  parent,
  type,
  name: null,
  availableInstances,
});
const claim = (n: number, type: string, parent: string, created: boolean): ClaimedDevice => ({
  target: uuid(n),
  type,
  parent,
  created,
});
const hostOf = (host: Partial<HostMdevs>): HostMdevs => ({
  offers: [],
  devices: [],
  inUse: new Set(),
  claims: [],
  ...host,
});

/** Requests by type, in order; new devices are numbered from 100. */
function give(types: string[], host: Partial<HostMdevs>): string[] | object {
  let next = 100;
  const requests = types.map((type, n) => ({ source: `source-${n}`, type }));
  const allocation = allocate(requests, hostOf(host), () => uuid(next++));
  if (!allocation.ok) return allocation.shortages;
  expect(allocation.mdevs.map(({ source, type }) => ({ source, type }))).toEqual(requests);
  expect(allocation.mdevs.every(({ target, created }) => created === target >= uuid(100))).toBe(true);
  return allocation.mdevs.map(({ target, parent }) => `${Number(target.slice(-12))}@${parent}`);
}

describe('existing devices', () => {
  const four = [device(4, 'a', 'p2'), device(3, 'a', 'p1'), device(2, 'b', 'p1'), device(1, 'a', 'p1')];

  test.each<[string, string[], Partial<HostMdevs>, string[]]>([
    ['nothing is asked for', [], {}, []],
    [
      'by parent, then UUID, whatever the order of the list',
      ['a', 'a', 'a'],
      { devices: four },
      ['1@p1', '3@p1', '4@p2'],
    ],
    [
      'of the right type, in the order of the requests',
      ['a', 'b', 'a'],
      { devices: four },
      ['1@p1', '2@p1', '3@p1'],
    ],
    ['not what is in use', ['a'], { devices: four, inUse: new Set([uuid(1)]) }, ['3@p1']],
    [
      'not what is in use, spelled otherwise',
      ['a'],
      {
        devices: [
          device(1, 'a', 'p1', { uuid: 'ABCDEF00-0000-4000-8000-000000000001' }),
          device(3, 'a', 'p1'),
        ],
        inUse: new Set(['abcdef00-0000-4000-8000-000000000001']),
      },
      ['3@p1'],
    ],
    [
      'before new ones',
      ['a', 'a'],
      { devices: [device(1, 'a', 'p1')], offers: [offer('p1', 'a', 5)] },
      ['1@p1', '100@p1'],
    ],
    [
      'not those that are only defined',
      ['a'],
      { devices: [device(1, 'a', 'p1', { active: false })], offers: [offer('p2', 'a', 1)] },
      ['100@p2'],
    ],
  ])('%s', (_name, types, host, expected) => expect(give(types, host)).toEqual(expected));
});

describe('new devices', () => {
  test.each<[string, string[], Partial<HostMdevs>, string[]]>([
    [
      'fill the parent with the least room first',
      ['a', 'a', 'a'],
      { offers: [offer('p1', 'a', 4), offer('p2', 'a', 2)] },
      ['100@p2', '101@p2', '102@p1'],
    ],
    [
      'of equal parents the first by name',
      ['a'],
      { offers: [offer('p2', 'a', 2), offer('p1', 'a', 2)] },
      ['100@p1'],
    ],
    [
      'go on with the parent that they began',
      ['a', 'a'],
      { offers: [offer('p1', 'a', 2), offer('p2', 'a', 2)] },
      ['100@p1', '101@p1'],
    ],
    ['not on a full parent', ['a'], { offers: [offer('p1', 'a', 0), offer('p2', 'a', 1)] }, ['100@p2']],
    [
      'leave room for a claim that is yet to be created',
      ['a'],
      { offers: [offer('p1', 'a', 1), offer('p2', 'a', 2)], claims: [claim(9, 'a', 'p1', true)] },
      ['100@p2'],
    ],
    [
      'not for one that is created and counted',
      ['a'],
      {
        offers: [offer('p1', 'a', 1)],
        devices: [device(9, 'a', 'p1')],
        inUse: new Set([uuid(9)]),
        claims: [claim(9, 'a', 'p1', true)],
      },
      ['100@p1'],
    ],
    [
      'not for a claim of an existing device',
      ['a'],
      { offers: [offer('p1', 'a', 1)], claims: [claim(9, 'a', 'p1', false)] },
      ['100@p1'],
    ],
    [
      'not for a claim of a type that the parent no longer offers',
      ['a'],
      { offers: [offer('p1', 'a', 1)], claims: [claim(9, 'z', 'p1', true)] },
      ['100@p1'],
    ],
    [
      'types of a parent share it: twice as large takes two',
      ['large', 'small', 'small'],
      { offers: [offer('p1', 'small', 4), offer('p1', 'large', 2)] },
      ['100@p1', '101@p1', '102@p1'],
    ],
    [
      'many shares add up to the whole',
      Array<string>(12).fill('a'),
      { offers: [offer('p1', 'a', 12)] },
      Array.from({ length: 12 }, (_, n) => `${100 + n}@p1`),
    ],
    [
      'different types go to different parents if they can',
      ['a', 'b'],
      { offers: [offer('p1', 'a', 2), offer('p1', 'b', 4), offer('p2', 'a', 2), offer('p2', 'b', 4)] },
      ['100@p1', '101@p2'],
    ],
    [
      'the type with one possible parent is served first',
      ['a', 'b'],
      { offers: [offer('p1', 'a', 1), offer('p1', 'b', 1), offer('p2', 'a', 2)] },
      ['100@p2', '101@p1'],
    ],
  ])('%s', (_name, types, host, expected) => expect(give(types, host)).toEqual(expected));
});

describe('shortages', () => {
  test.each<[string, string[], Partial<HostMdevs>, object[]]>([
    ['nothing at all', ['a'], {}, [{ type: 'a', requested: 1, free: 0, creatable: 0 }]],
    [
      'all requests of a type are counted together',
      ['a', 'a', 'a'],
      { devices: [device(1, 'a', 'p')], offers: [offer('p', 'a', 1)] },
      [{ type: 'a', requested: 3, free: 1, creatable: 1 }],
    ],
    [
      'every short type is told, and only those',
      ['a', 'b', 'c', 'c'],
      { offers: [offer('p', 'b', 1)] },
      [
        { type: 'a', requested: 1, free: 0, creatable: 0 },
        { type: 'c', requested: 2, free: 0, creatable: 0 },
      ],
    ],
    [
      'types that share a parent are counted together',
      ['large', 'small', 'small'],
      { offers: [offer('p', 'small', 3), offer('p', 'large', 2)] },
      [{ type: 'small', requested: 2, free: 0, creatable: 1 }],
    ],
    [
      'a claim that is yet to be created takes its share',
      ['small', 'small', 'small'],
      { offers: [offer('p', 'small', 4), offer('p', 'large', 2)], claims: [claim(9, 'large', 'p', true)] },
      [{ type: 'small', requested: 3, free: 0, creatable: 2 }],
    ],
    [
      'a claim that is yet to be created of a type that has no room fills the parent',
      ['small'],
      { offers: [offer('p', 'small', 4), offer('p', 'large', 0)], claims: [claim(9, 'large', 'p', true)] },
      [{ type: 'small', requested: 1, free: 0, creatable: 0 }],
    ],
    [
      'only defined devices',
      ['a'],
      { devices: [device(1, 'a', 'p', { active: false })] },
      [{ type: 'a', requested: 1, free: 0, creatable: 0 }],
    ],
  ])('%s', (_name, types, host, expected) => expect(give(types, host)).toEqual(expected));
});

describe('in use', () => {
  test('is what a domain names, what is claimed, what is in quarantine', () => {
    const ledger = { claims: [claim(2, 'a', 'p', false)], quarantined: [{ uuid: uuid(3) }, { uuid: null }] };
    expect(inUse([uuid(1), 'ABCDEF00-0000-4000-8000-000000000001'], ledger)).toEqual(
      new Set([uuid(1), 'abcdef00-0000-4000-8000-000000000001', uuid(2), uuid(3)]),
    );
  });
});

describe('for any host', () => {
  const type = fc.constantFrom('a', 'b', 'c');
  const parent = fc.constantFrom('p1', 'p2', 'p3');
  const anyHost = fc
    .record({
      offers: fc.uniqueArray(fc.record({ parent, type, availableInstances: fc.nat(4) }), {
        selector: (each) => `${each.parent}/${each.type}`,
      }),
      devices: fc.array(fc.record({ type, parent, active: fc.boolean() }), { maxLength: 6 }),
      used: fc.subarray([0, 1, 2, 3, 4, 5]),
      pending: fc.array(fc.record({ type, parent }), { maxLength: 2 }),
    })
    .map(({ offers, devices, used, pending }) =>
      hostOf({
        offers: offers.map((each) => ({ ...each, name: null })),
        devices: devices.map((each, n) => device(n, each.type, each.parent, { active: each.active })),
        inUse: new Set(used.map(uuid)),
        claims: pending.map((each, n) => claim(50 + n, each.type, each.parent, true)),
      }),
    );

  test('the answer is one to one, of free devices, within what the parents offer, and the same in any order of the lists', () => {
    fc.assert(
      fc.property(anyHost, fc.array(type, { maxLength: 6 }), (host, types) => {
        const requests = types.map((each, n) => ({ source: `s${n}`, type: each }));
        const run = (on: HostMdevs): ReturnType<typeof allocate> => {
          let next = 100;
          return allocate(requests, on, () => uuid(next++));
        };
        const allocation = run(host);
        expect(
          run({
            ...host,
            offers: [...host.offers].reverse(),
            devices: [...host.devices].reverse(),
            claims: [...host.claims].reverse(),
          }),
        ).toEqual(allocation);
        if (!allocation.ok) {
          for (const { requested, free, creatable } of allocation.shortages) {
            expect(creatable).toBeGreaterThanOrEqual(0);
            expect(free + creatable).toBeLessThan(requested);
          }
          return;
        }
        expect(new Set(allocation.mdevs.map(({ target }) => target)).size).toBe(types.length);
        for (const mdev of allocation.mdevs.filter(({ created }) => !created)) {
          const found = host.devices.find((each) => each.uuid === mdev.target);
          expect(found).toMatchObject({ active: true, type: mdev.type, parent: mdev.parent });
          expect(host.inUse.has(mdev.target)).toBe(false);
        }
        for (const { parent: on, type: of, availableInstances } of host.offers) {
          const fresh = [...allocation.mdevs, ...host.claims].filter(
            (mdev) => mdev.created && mdev.parent === on && mdev.type === of,
          );
          if (allocation.mdevs.some((mdev) => fresh.includes(mdev)))
            expect(fresh.length).toBeLessThanOrEqual(availableInstances);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
