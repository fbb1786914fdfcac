/** Hosts, guests and ledgers as a person sees them. */
import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import type { HostInventory } from '../../src/contract';
import { columns } from '../../src/cli/columns';
import { claimsTable, guestsTable, hostsTable, unanswered } from '../../src/cli/render-inventory';
import type { HostAnswer } from '../../src/temporal/hosts';

const MDEV = '00000000-0000-4000-8000-000000000001';
const GUEST = '6a1b2c3d-0000-4000-8000-000000000001';
const inventory: HostInventory = {
  ...{ host: 'host-a', protocol: 3, at: '2026-01-02T03:04:05.000Z', migrating: 1 },
  versions: { libvirt: 11_003_000, qemu: 10_000_013, kernel: '6.12.1' },
  types: [
    {
      type: 'nvidia-471',
      name: 'GRID A100-8C',
      parents: ['pci_0000_41_00_0'],
      ...{ used: 1, claimed: 2, quarantined: 3, free: 4, inactive: 5, creatable: 6 },
    },
  ],
  guests: [
    { uuid: GUEST, name: 'desk', running: true, persistent: true, mdevs: [{ uuid: MDEV, type: null }] },
  ],
  records: [
    {
      kind: 'quarantined',
      uuid: MDEV,
      type: null,
      parent: null,
      guest: null,
      migration: null,
      since: null,
      reason: 'it is torn',
    },
  ],
};
const alive: HostAnswer = { host: 'host-a', answers: true, inventory };
const dead: HostAnswer = { host: 'host-b', answers: false, found: 'no agent answers' };
/** Words and numbers of a line, whatever its columns' widths. */
const words = (text: string): string[] =>
  stripVTControlCharacters(text)
    .split('\n')
    .map((line) => line.split(/\s{2,}/).join(' | '));

test('columns are as wide as their widest cell, and colours take no room', () => {
  const { red } = pc.createColors(true);
  expect(
    columns([
      ['a', 'bb'],
      [red('cccc'), 'd'],
    ]),
  ).toBe(`a     bb\n${red('cccc')}  d`);
});

test('hosts: who answers, and what each has of each type', () => {
  expect(words(hostsTable([alive, dead]))).toEqual([
    'HOST | AGENT | LIBVIRT | QEMU | LINUX | GUESTS | LEAVING',
    'host-a | answers (protocol 3) | 11.3.0 | 10.0.13 | 6.12.1 | 1 running, 0 off | 1',
    'host-b | no agent answers',
    '',
    'HOST | TYPE | FREE | CAN BE MADE | USED | CLAIMED | QUARANTINED | INACTIVE | PARENTS',
    'host-a | nvidia-471 (GRID A100-8C) | 4 | 6 | 1 | 2 | 3 | 5 | pci_0000_41_00_0',
  ]);
});

test('guests: a device that its host does not know is said', () => {
  expect(words(guestsTable([inventory]))[1]).toBe(
    `desk | ${GUEST} | host-a | running | yes | unknown type ${MDEV}`,
  );
});

test('claims: of a damaged record what is known, and why', () => {
  expect(words(claimsTable([inventory]))[1]).toBe(
    `host-a | ${MDEV} | ? | in quarantine | ? | ? | ? | it is torn`,
  );
});

test('what is empty is said, and a host that gave no answer is not left out', () => {
  expect(hostsTable([])).toMatch(/No host is known.*vgpu-ferry agent/);
  expect(guestsTable([])).toBe('There is no guest.');
  expect(claimsTable([])).toBe('The ledgers hold nothing.');
  expect(unanswered([alive, dead])).toBe('host-b: no agent answers; not shown');
});
