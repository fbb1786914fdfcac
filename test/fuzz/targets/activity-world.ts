/** The host that hostile tasks come to: whose guests, devices and claims there are, and what a task may reach of them. */
import { join } from 'node:path';
import { type ClaimRecord, decodeClaim, encode } from '../../../src/claims/record';
import {
  type HostActivities,
  type MigrationRef,
  DEFAULT_POLICY,
  REQUIRED_AGENT_PROTOCOL,
  migrationWorkflowId,
} from '../../../src/contract';
import { domainDigest } from '../../../src/domain-xml';
import type { CrashDisk } from '../../claims/crash-disk';
import { domainXml, mdevXml } from '../../domain-xml/samples';
import { type Call, type World } from '../recording-hypervisor';
import { must } from '../target';

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** Whose migration the tasks are steps of, by the server's word. */
export const GUEST = uuid(1);
const VICTIM = uuid(2);
const RUN = uuid(91);

const MDEV = { guests: uuid(11), victims: uuid(12), free: uuid(13), othersClaim: uuid(14), own: uuid(15) };
const TYPE = 'nvidia-471';
const PARENT = 'pci_0000_41_00_0';

const device = (of: string) => ({
  ...{ uuid: of, type: TYPE, parent: PARENT, active: true, persistent: false, autostart: false },
});
const running = { state: 'running', reason: 'booted', job: 'none', persistent: true } as const;

export const WORLD: World & { peer: string } = {
  ...{ host: 'host-a', peer: 'qemu+tls://host-b.example/system', password: 'secret42' },
  guests: {
    [GUEST]: { mdevs: [MDEV.guests], seen: running },
    [VICTIM]: { mdevs: [MDEV.victims], seen: running },
    [uuid(3)]: { mdevs: [], seen: { state: 'shut-off', reason: 'shutdown', persistent: true } },
  },
  devices: Object.values(MDEV).map(device),
  offers: [{ parent: PARENT, type: TYPE }],
};

function record(target: string, guest: string, source: string): ClaimRecord {
  return {
    ...{
      version: 1,
      claimId: `claim-${guest}`,
      migration: { workflow: migrationWorkflowId(guest), run: RUN },
    },
    ...{
      guest,
      type: TYPE,
      parent: PARENT,
      source,
      target,
      created: true,
      claimedAt: '2026-01-02T03:04:05.678Z',
    },
  };
}

const OTHERS = record(MDEV.othersClaim, VICTIM, MDEV.victims);
const OWN = record(MDEV.own, GUEST, MDEV.guests);

/** Path and text of each record. */
export function ledgerOf(folder: string): [string, string][] {
  return [OTHERS, OWN].map((claim) => [join(folder, 'claims', `${claim.target}.json`), encode(claim)]);
}

function migrationOf(guest: string): MigrationRef {
  return { workflow: migrationWorkflowId(guest), run: RUN, guest, requiredProtocol: REQUIRED_AGENT_PROTOCOL };
}

const xmlDigest = domainDigest(
  domainXml(mdevXml(MDEV.guests), `<graphics type='vnc' passwd='${WORLD.password}'/>`),
);

function inputsFor(guest: string, mdev: string): Partial<Record<keyof HostActivities, unknown>> {
  const migration = migrationOf(guest);
  const [persistent, pausedByUser] = [true, false];
  const requests = [{ source: mdev, type: TYPE }];
  return {
    inspectSource: { migration, destination: 'host-b' },
    checkDestination: { migration, requests },
    claimOnDestination: { migration, requests, persistent, sourceFailed: [], source: 'host-b' },
    migrateGuest: {
      ...{
        migration,
        destination: 'host-b',
        policy: { ...DEFAULT_POLICY },
        xmlDigest,
        persistent,
        pausedByUser,
      },
      ...{ mdevs: [{ source: mdev, target: MDEV.own }], framebufferMiB: 1, overrides: { maxDowntimeMs: 9 } },
      attach: false,
    },
    controlJob: { migration, command: 'setMaxDowntime', maxDowntimeMs: 400 },
    finalizeOnDestination: {
      ...{ migration, claimId: `claim-${guest}`, mdevs: [mdev], persistent, autostart: true, pausedByUser },
    },
    cleanUpSource: { migration, mdevs: [mdev], policy: 'remove' },
    releaseClaim: { migration, claimId: `claim-${guest}`, recycle: true, refusal: 'no' },
    observeGuest: { migration, on: 'host-b' },
    actOnGuest: { migration, act: 'destroy', expect: running, byOperator: true },
    watchGuest: { migration, seen: running },
  };
}

const named = (what: string, inputs: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(inputs).map(([name, input]) => [`${name} ${what}`, input as unknown]));

/** By activity and what is special: rightful ones, and the same for a guest that is not the caller's. */
export const TASKS: Readonly<Record<string, unknown>> = {
  ...named('of its own', inputsFor(GUEST, MDEV.guests)),
  ...named("of another's", inputsFor(VICTIM, MDEV.victims)),
  'actOnGuest through a peer': {
    ...(inputsFor(GUEST, MDEV.guests).actOnGuest as object),
    act: 'resume',
    on: 'host-b',
  },
  'findGuest by its name': { guest: 'guest-1' },
  'reconcileHost of its own': { host: 'host-a' },
};

export const TOKENS: readonly unknown[] = [
  ...[
    GUEST,
    VICTIM,
    uuid(3),
    RUN,
    ...Object.values(MDEV),
    MDEV.own.toUpperCase(),
    migrationWorkflowId(VICTIM),
  ],
  ...[
    'host-a',
    'host-b',
    'host-c',
    'constructor',
    'qemu+ext:///system?command=/bin/sh',
    '../../etc/passwd',
    'localhost',
  ],
  ...[
    TYPE,
    PARENT,
    'nvidia-472',
    'resume',
    'undefine',
    'destroy',
    'abort-job',
    'remove',
    'keep',
    'absent',
    'shut-off',
  ],
  ...[
    { state: 'absent' },
    running,
    1,
    3,
    99,
    xmlDigest,
    migrationOf(VICTIM),
    { maxDowntimeMs: 1, bandwidthMiBps: 0 },
  ],
];

const CONNECTIONS = ['connectPeer', 'migrate'];
const ON_DEVICES = ['createMdev', 'destroyMdev'];

/** Of all that was asked of the hypervisor, and of what the ledger holds now. */
export async function requireOnlyOwn(calls: readonly Call[], disk: CrashDisk): Promise<void> {
  const ours = [MDEV.own];
  for (const { name, args } of calls) {
    const uri = name === 'migrate' ? (args[1] as { targetUri: string }).targetUri : args[0];
    if (CONNECTIONS.includes(name)) must(uri === WORLD.peer, `${name} to ${String(uri)}`);
    if (name === 'createMdev') ours.push(requireOffered(args[0] as ReturnType<typeof device>));
    if (name === 'destroyMdev')
      must(ours.includes(args[0] as string), `device ${String(args[0])} was destroyed`);
    if (!ON_DEVICES.includes(name) && name !== 'connectPeer')
      must(args[0] === GUEST, `${name} of guest ${String(args[0])}`);
  }
  const others = disk.paths().find((path) => path.endsWith(`claims/${OTHERS.target}.json`));
  must(others !== undefined && decodeClaim(await disk.read(others)).ok, "another migration's claim is gone");
}

function requireOffered({ uuid: made, type, parent }: ReturnType<typeof device>): string {
  must(type === TYPE && parent === PARENT, `a device of ${type} was made on ${parent}`);
  must(made === MDEV.own || !Object.values(MDEV).includes(made), `device ${made}, which is there, was made`);
  return made;
}
