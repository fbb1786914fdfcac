/** Each device of a host is counted once, by what it is used for. */
import { type DeviceFacts, typeUse } from '../../src/mdev';

const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const device = (n: number, type = 'a', active = true) => ({
  ...{ uuid: id(n), type, parent: 'gpu-0', active, persistent: false, autostart: false },
});
const claim = (n: number, type = 'a') => ({ target: id(n), type, parent: 'gpu-0', created: true });

const NOTHING: DeviceFacts = {
  offers: [],
  devices: [],
  inDomains: new Set(),
  ledger: { claims: [], quarantined: [] },
};
const count = (facts: Partial<DeviceFacts>): object | undefined => typeUse({ ...NOTHING, ...facts })[0];

test.each<[string, Partial<DeviceFacts>, object]>([
  ['a free device', { devices: [device(1)] }, { free: 1, used: 0, claimed: 0 }],
  ['one that a domain names', { devices: [device(1)], inDomains: new Set([id(1)]) }, { used: 1, free: 0 }],
  [
    'one whose UUID the host spells in capitals',
    {
      devices: [{ ...device(1), uuid: 'ABCDEF00-0000-4000-8000-000000000001' }],
      inDomains: new Set(['abcdef00-0000-4000-8000-000000000001']),
    },
    { used: 1, free: 0 },
  ],
  [
    'a claimed one',
    { devices: [device(1)], ledger: { claims: [claim(1)], quarantined: [] } },
    { claimed: 1, free: 0 },
  ],
  [
    'a claimed one that its guest has already',
    { devices: [device(1)], inDomains: new Set([id(1)]), ledger: { claims: [claim(1)], quarantined: [] } },
    { used: 1, claimed: 0 },
  ],
  [
    'a claim whose device is yet to be made',
    { ledger: { claims: [claim(1)], quarantined: [] } },
    { claimed: 1 },
  ],
  [
    'one in quarantine',
    { devices: [device(1)], ledger: { claims: [], quarantined: [{ uuid: id(1) }] } },
    { quarantined: 1, free: 0 },
  ],
  ['one that is only defined', { devices: [device(1, 'a', false)] }, { inactive: 1, free: 0 }],
])('%s', (_what, facts, expected) => {
  expect(count(facts)).toMatchObject({ type: 'a', ...expected });
});

test('what can be made is the sum of the parents, and the name is one that a parent tells', () => {
  const offer = (parent: string, availableInstances: number, name: string | null) => ({
    ...{ parent, type: 'a', name, availableInstances },
  });
  const offers = [offer('gpu-1', 3, null), offer('gpu-0', 1, 'Sample A')];
  expect(count({ offers })).toMatchObject({ creatable: 4, name: 'Sample A', parents: ['gpu-0', 'gpu-1'] });
});

test('types stand by name, also those of which only devices or claims are there', () => {
  const facts = {
    ...NOTHING,
    devices: [device(1, 'b')],
    ledger: { claims: [claim(2, 'a')], quarantined: [] },
  };
  expect(typeUse(facts).map(({ type }) => type)).toEqual(['a', 'b']);
});
