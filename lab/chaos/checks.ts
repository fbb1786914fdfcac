/** What the hosts themselves say of the guest and of everything that a migration may leave behind. */
import type { Hosts } from '../src/boot';
import type { LabHost } from '../src/host';
import { type GuestSpec, serialSize, serialText } from '../src/guest';
import {
  activeMdevs,
  definedMdevs,
  isAutostarted,
  ledgerFiles,
  mdevsOfGuest,
  qemuProcesses,
  vncPassword,
  whereDefined,
} from '../src/inspect';
import { readTrace } from '../src/trace';
import { countedTwice } from './copies';

/** How it was before the strike. */
export interface Before {
  /** The inactive definition, with the mdevs' UUIDs left out. */
  definition: string;
  /** Lengths of the guest's serial logs. */
  marks: Record<string, number>;
}

export async function before(hosts: Hosts, host: LabHost, guest: GuestSpec): Promise<Before> {
  const [a, b] = await Promise.all([serialSize(hosts.a, guest), serialSize(hosts.b, guest)]);
  return {
    definition: await definitionOf(host, guest),
    marks: { [hosts.a.name]: a, [hosts.b.name]: b },
  };
}

async function definitionOf(host: LabHost, guest: GuestSpec): Promise<string> {
  const xml = await host.virsh('dumpxml', '--inactive', '--security-info', guest.uuid);
  const mdevs = await mdevsOfGuest(host, guest.uuid, 'inactive');
  return mdevs.reduce((text, uuid) => text.replaceAll(uuid, 'mdev'), xml);
}

export interface Left {
  mdevs: string[];
  claims: string[];
}

/** Devices and records that belong to no domain and not to the operator. */
export async function leftBehind(hosts: Hosts, guest: GuestSpec): Promise<Left> {
  const found = await Promise.all([hosts.a, hosts.b].map((host) => leftOn(host, guest)));
  return { mdevs: found.flatMap(({ mdevs }) => mdevs), claims: found.flatMap(({ claims }) => claims) };
}

async function leftOn(host: LabHost, guest: GuestSpec): Promise<Left> {
  const used = new Set([...(await usedByDomain(host, guest)), ...guest.mdevs.map(({ uuid }) => uuid)]);
  const active = (await activeMdevs(host)).map(({ uuid }) => uuid);
  const there = new Set([...active, ...(await definedMdevs(host))]);
  const records = await ledgerFiles(host);
  const rightful = (record: string): boolean =>
    record.startsWith('created/') && [...used].some((uuid) => record.includes(uuid));
  return {
    mdevs: [...there].filter((uuid) => !used.has(uuid)).map((uuid) => `${host.name}: ${uuid}`),
    claims: records.filter((record) => !rightful(record)).map((record) => `${host.name}: ${record}`),
  };
}

async function usedByDomain(host: LabHost, guest: GuestSpec): Promise<string[]> {
  const { code } = await host.tryVirsh('domstate', guest.uuid);
  if (code !== 0) return [];
  return [
    ...(await mdevsOfGuest(host, guest.uuid, 'live')),
    ...(await mdevsOfGuest(host, guest.uuid, 'inactive').catch(() => [])),
  ];
}

/** What is not as it was, of a guest that runs on `host` (and, if it moved, came from `from`). Empty = unharmed. */
export async function harmDone(
  hosts: Hosts,
  { host, from }: { host: LabHost; from: LabHost | null },
  guest: GuestSpec,
  { definition, marks }: Before,
): Promise<string[]> {
  const other = host.name === hosts.a.name ? hosts.b : hosts.a;
  const here = await serialText(host, guest, marks[host.name]);
  const there = await serialText(other, guest, marks[other.name]);
  return [
    ...readTrace(from === null ? here : there + here).faults,
    ...unless(from !== null || !/^n=/m.test(there), `the guest counted on ${other.name}, too`),
    ...forked(here, there),
    ...(await guestAmiss(hosts, host, guest, definition)),
  ];
}

/** Of the copy that a person has chosen: both had counted, so only what it is now can be judged. */
export async function harmAfterSplit(
  hosts: Hosts,
  host: LabHost,
  guest: GuestSpec,
  { definition, marks }: Before,
): Promise<string[]> {
  return [
    ...readTrace(await serialText(host, guest, marks[host.name])).faults,
    ...(await guestAmiss(hosts, host, guest, definition)),
  ];
}

async function guestAmiss(
  hosts: Hosts,
  host: LabHost,
  guest: GuestSpec,
  definition: string,
): Promise<string[]> {
  const defined = await whereDefined(hosts, guest.uuid);
  return [
    ...unless(
      JSON.stringify(defined) === JSON.stringify({ [host.name]: 'running' }),
      `defined as ${JSON.stringify(defined)}`,
    ),
    ...(await processesAmiss(hosts, host, guest)),
    ...(await settingsAmiss(host, guest, definition)),
    ...(await devicesAmiss(host, guest)),
  ];
}

function forked(here: string, there: string): string[] {
  const twice = countedTwice(there, here);
  return unless(twice.length === 0, `${twice.length} counts were made by both copies, the first ${twice[0]}`);
}

async function processesAmiss(hosts: Hosts, host: LabHost, guest: GuestSpec): Promise<string[]> {
  const found = await qemuProcesses(hosts, guest.uuid);
  return unless(found.join() === host.name, `QEMU processes on: ${found.join(', ')}`);
}

async function settingsAmiss(host: LabHost, guest: GuestSpec, definition: string): Promise<string[]> {
  const passwords = [
    await vncPassword(host, guest.uuid, 'live'),
    await vncPassword(host, guest.uuid, 'inactive'),
  ];
  return [
    ...unless(await isAutostarted(host, guest.uuid), 'autostart was lost'),
    ...unless(
      passwords.every((password) => password === guest.vncPassword),
      'the VNC password was lost',
    ),
    ...unless((await definitionOf(host, guest)) === definition, 'its definition has changed'),
  ];
}

async function devicesAmiss(host: LabHost, guest: GuestSpec): Promise<string[]> {
  const live = await mdevsOfGuest(host, guest.uuid, 'live');
  const inactive = await mdevsOfGuest(host, guest.uuid, 'inactive');
  const types = new Map((await activeMdevs(host)).map(({ uuid, type }) => [uuid, type]));
  return [
    ...unless(
      live.join() === inactive.join(),
      `runs on ${live.join()}, its definition names ${inactive.join()}`,
    ),
    ...unless(
      live.map((uuid) => types.get(uuid)).join() === guest.mdevs.map(({ type }) => type).join(),
      `its devices are of types ${live.map((uuid) => types.get(uuid)).join()}`,
    ),
  ];
}

function unless(right: boolean, wrong: string): string[] {
  return right ? [] : [wrong];
}
