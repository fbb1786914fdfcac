/** What hosts have and hold, for people. Pure. */
import { pc } from './colours';
import { formatVersion } from '../checks';
import type { HostInventory, LedgerRecord, MdevTypeUse } from '../contract';
import type { HostAnswer } from '../temporal/hosts';
import { columns } from './columns';

const head = (...titles: string[]): string[] => titles.map((title) => pc.bold(title));

export function hostsTable(answers: readonly HostAnswer[]): string {
  if (answers.length === 0)
    return 'No host is known: no agent has made its schedule of sweeps here, and none polls. Start one: vgpu-ferry agent --help';
  const hosts = [
    head('HOST', 'AGENT', 'LIBVIRT', 'QEMU', 'LINUX', 'GUESTS', 'LEAVING'),
    ...answers.map(hostRow),
  ];
  const types = answers.flatMap((answer) =>
    answer.answers ? answer.inventory.types.map((type) => typeRow(answer.host, type)) : [],
  );
  const titles = [
    'HOST',
    'TYPE',
    'FREE',
    'CAN BE MADE',
    'USED',
    'CLAIMED',
    'QUARANTINED',
    'INACTIVE',
    'PARENTS',
  ];
  return [columns(hosts), ...(types.length > 0 ? ['', columns([head(...titles), ...types])] : [])].join('\n');
}

function hostRow(answer: HostAnswer): string[] {
  if (!answer.answers) return [answer.host, pc.red(answer.found)];
  const { protocol, versions, guests, migrating } = answer.inventory;
  const running = guests.filter((guest) => guest.running).length;
  return [
    ...[answer.host, pc.green(`answers (protocol ${protocol})`)],
    ...[formatVersion(versions.libvirt), formatVersion(versions.qemu), versions.kernel],
    ...[`${running} running, ${guests.length - running} off`, String(migrating)],
  ];
}

function typeRow(host: string, use: MdevTypeUse): string[] {
  const name = use.name === null || use.name === use.type ? '' : ` ${pc.dim(`(${use.name})`)}`;
  const { free, creatable, used, claimed, quarantined, inactive } = use;
  const counts = [free, creatable, used, claimed, quarantined, inactive].map(String);
  return [host, `${use.type}${name}`, ...counts, use.parents.join(', ')];
}

export function guestsTable(inventories: readonly HostInventory[]): string {
  const rows = inventories.flatMap(({ host, guests }) =>
    guests.map(({ uuid, name, running, persistent, mdevs }) => [
      ...[name, uuid, host, running ? pc.green('running') : 'off', persistent ? 'yes' : 'no'],
      mdevs.map((mdev) => `${mdev.type ?? pc.red('unknown type')} ${pc.dim(mdev.uuid)}`).join(', ') || 'none',
    ]),
  );
  if (rows.length === 0) return 'There is no guest.';
  return columns([head('GUEST', 'UUID', 'HOST', 'STATE', 'PERSISTENT', 'MDEVS'), ...rows]);
}

export function claimsTable(inventories: readonly HostInventory[]): string {
  const rows = inventories.flatMap(({ host, records }) => records.map((record) => recordRow(host, record)));
  if (rows.length === 0) return 'The ledgers hold nothing.';
  return columns([head('HOST', 'DEVICE', 'TYPE', 'IS', 'GUEST', 'MIGRATION', 'SINCE', 'WHY'), ...rows]);
}

function recordRow(
  host: string,
  { kind, uuid, type, guest, migration, since, reason }: LedgerRecord,
): string[] {
  const is = kind === 'quarantined' ? pc.yellow('in quarantine') : kind;
  return [host, uuid ?? '?', type ?? '?', is, guest ?? '?', migration ?? '?', since ?? '?', reason ?? ''];
}

/** A line for each host that gave no inventory; what is not shown must not look as if it were not there. */
export function unanswered(answers: readonly HostAnswer[]): string {
  return answers
    .flatMap((answer) => (answer.answers ? [] : [`${answer.host}: ${answer.found}; not shown`]))
    .join('\n');
}
