/**
 * From bare Debian hosts to a migration, by the documents alone: the package installed, TLS between the hosts, the doctor
 * content, and a guest that goes over and back, held by AppArmor, while the agents are upgraded under it.
 */
import { randomUUID } from 'node:crypto';
import { type Finding, type Section } from '../../src/doctor';
import { type MigrationInput, ErrorType } from '../../src/contract';
import { goesOnCounting } from '../src/counting';
import { type GuestSpec, serialSize, startGuest, trace } from '../src/guest';
import { activeMdevs, hasJob, ledgerFiles, vncPassword, whereDefined } from '../src/inspect';
import { type Migration, Migrations, failureOf, succeeded, typeOf } from '../src/migrations';
import { LabOrchestrator } from '../src/orchestrator';
import { waitUntil } from '../src/wait';
import type { PackagedHost } from './host';
import { PACKAGE, packagedHosts } from './hosts';
import type { Package } from './packages';
import { agentIsUp, configure, doctor, install, makeCertificates, secure, startAgent } from './operator';

const LIMIT_MS = 20 * 60_000;
const PASSWORD = 'sesame42';

const guest: GuestSpec = {
  ...{ name: 'desk', uuid: randomUUID(), vncPassword: PASSWORD, dirtyMiB: 8 },
  mdevs: [{ uuid: randomUUID(), type: 'mtty-2' }],
};

const lab = packagedHosts();
let migrations: Migrations;

let orchestrator: LabOrchestrator | undefined;

/** The other's works on until this one does. */
async function orchestratorOf({ program }: Package): Promise<void> {
  const other = orchestrator;
  orchestrator = new LabOrchestrator(lab, lab.address, program);
  await orchestrator.start();
  await orchestrator.ready();
  await other?.stop();
}

beforeAll(async () => {
  migrations = await Migrations.connect(lab.address);
  await orchestratorOf(lab.packages.before);
});
afterAll(async () => {
  await orchestrator?.stop();
  await migrations.close();
});

const each = (work: (host: PackagedHost, peer: PackagedHost) => Promise<unknown>): Promise<unknown> =>
  Promise.all([work(lab.a, lab.b), work(lab.b, lab.a)]);

const notOk = (sections: readonly Section[]): Finding[] =>
  sections.flatMap(({ findings }) => findings).filter(({ verdict }) => verdict !== 'ok');

/** Memory that changes faster than an emulated host encrypts it: it goes in the switchover. */
const DOWNTIME_MS = 20_000;

/** For a migration that was kept in pre-copy by a small bandwidth. */
const ENOUGH = { setBandwidth: { bandwidthMiBps: 0 }, setMaxDowntime: { maxDowntimeMs: DOWNTIME_MS } };

/** What no lab host has: it is emulated, and there is no time server in the lab. */
const KNOWN_WARNINGS = ['/dev/kvm', 'clock'];

/** Length of the guest's serial log where it runs, when it came there: it has been on both hosts before. */
let cameAt = 0;

async function migrate(
  from: PackagedHost,
  to: PackagedHost,
  policy: MigrationInput['policy'] = { maxDowntimeMs: DOWNTIME_MS },
): Promise<Migration> {
  cameAt = await serialSize(to, guest);
  return migrations.start(
    { guest: guest.uuid, source: from.name, destination: to.name, policy },
    '20 minutes',
  );
}

const agentPid = (host: PackagedHost): Promise<string> =>
  host.ssh('systemctl show vgpu-ferry-agent -p MainPID --value');

const claims = async (host: PackagedHost): Promise<string[]> =>
  (await ledgerFiles(host)).filter((file) => file.startsWith('claims/'));

const confinedBy = (host: PackagedHost): Promise<string> =>
  host.ssh(`cat /proc/$(pidof qemu-system-x86_64)/attr/current; ps -o user= -p $(pidof qemu-system-x86_64)`);

/** On that host alone, counting, without a fault, with its password, confined as Debian confines guests. */
async function expectRunsOn(host: PackagedHost): Promise<void> {
  expect(await whereDefined({ a: lab.a, b: lab.b }, guest.uuid)).toEqual({ [host.name]: 'running' });
  const { faults } = await goesOnCounting(() => trace(host, guest, cameAt), host.name, 120_000);
  expect(faults).toEqual([]);
  expect(await vncPassword(host, guest.uuid, 'live')).toBe(PASSWORD);
  expect(await confinedBy(host)).toMatch(new RegExp(`^libvirt-${guest.uuid} \\(enforce\\)\\s+libvirt-`));
}

test(
  'installed, secured and configured by the documents: the doctor finds nothing that fails',
  async () => {
    const pki = await makeCertificates(lab);
    await each(install);
    await each((host) => secure(host, pki));
    await each((host, peer) => configure(host, peer, lab, { libvirtUri: peer.peerUri }));
    await each(async (host) => {
      const { code, sections } = await doctor(host);
      expect([host.name, code, notOk(sections).filter(({ verdict }) => verdict === 'fail')]).toEqual([
        host.name,
        0,
        [],
      ]);
    });
  },
  LIMIT_MS,
);

test(
  'the agents start, each as its own user; with both there the doctor is content',
  async () => {
    await each(startAgent);
    await each(async (host) => {
      const user = await host.ssh('ps -o user= -p $(systemctl show vgpu-ferry-agent -p MainPID --value)');
      expect(user.trim()).toMatch(/^vgpu-fe/); // ps cuts it
      const { code, sections } = await doctor(host);
      const unexpected = notOk(sections).filter(({ subject }) => !KNOWN_WARNINGS.includes(subject));
      expect([host.name, code, unexpected]).toEqual([host.name, 0, []]);
    });
  },
  LIMIT_MS,
);

test(
  'a guest goes over and back, over TLS, confined on either host',
  async () => {
    await startGuest(lab.a, guest);
    await expectRunsOn(lab.a);
    await succeeded(await migrate(lab.a, lab.b));
    await expectRunsOn(lab.b);
    await succeeded(await migrate(lab.b, lab.a));
    await expectRunsOn(lab.a);
    expect(await activeMdevs(lab.b)).toEqual([]);
  },
  LIMIT_MS,
);

async function packageOnBoth(which: 'before' | 'now'): Promise<void> {
  const pids = await Promise.all([lab.a, lab.b].map(agentPid));
  await each((host) => host.ssh(`dpkg -i ${PACKAGE[which]}`, LIMIT_MS));
  await each(agentIsUp);
  const others = await Promise.all([lab.a, lab.b].map(agentPid));
  expect(others.map((pid, i) => pid === pids[i])).toEqual([false, false]);
}

const agents = (): Promise<void> => packageOnBoth('now');
const orchestrators = (): Promise<void> => orchestratorOf(lab.packages.now);

describe(`upgraded under a migration, from ${lab.packages.before.version}`, () => {
  // a roll back between the two, with no migration under way
  beforeEach(async () => {
    await packageOnBoth('before');
    await orchestratorOf(lab.packages.before);
  }, LIMIT_MS);

  test.each([
    ['agents, then orchestrators', 'a', 'b', [agents, orchestrators]],
    ['orchestrators, then agents', 'b', 'a', [orchestrators, agents]],
  ] as const)(
    '%s: it goes on',
    async (_order, source, destination, upgrades) => {
      const [from, to] = [lab[source], lab[destination]];
      const migration = await migrate(from, to, { bandwidthMiBps: 1 });
      await waitUntil('pre-copy', () => hasJob(from, guest.uuid), { timeoutMs: LIMIT_MS, everyMs: 1_000 });
      for (const upgrade of upgrades) {
        await upgrade();
        expect(await hasJob(from, guest.uuid)).toBe(true); // or nothing was shown
      }
      for (const [command, argument] of Object.entries(ENOUGH))
        await migration.executeUpdate(command, { args: [argument] });
      expect((await succeeded(migration)).runsOn).toBe(to.name);
      await expectRunsOn(to);
    },
    LIMIT_MS,
  );
});

test(
  'a plain peer is refused before anything moves',
  async () => {
    await configure(lab.a, lab.b, lab, { libvirtUri: `qemu+tcp://${lab.b.name}/system` });
    await lab.a.ssh('systemctl restart vgpu-ferry-agent', LIMIT_MS);
    await agentIsUp(lab.a);
    const here = cameAt;
    const failure = await failureOf(await migrate(lab.a, lab.b));
    cameAt = here;
    expect([typeOf(failure), failure.message]).toEqual([
      ErrorType.PreCheck,
      expect.stringContaining('tcp is not encrypted'),
    ]);
    await expectRunsOn(lab.a);
    expect([await activeMdevs(lab.b), await claims(lab.b)]).toEqual([[], []]);
  },
  LIMIT_MS,
);
