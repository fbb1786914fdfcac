/** The doctor: what it looks at on a host, and what elsewhere. It changes nothing. */
import os from 'node:os';
import type { AgentConfig } from '../agent/config';
import { openHypervisor } from '../agent/hypervisor';
import { formatVersion, rightsFault, versionChecks } from '../checks';
import { createLibvirtHypervisor } from '../hypervisor/libvirt';
import type { Hypervisor } from '../hypervisor/port';
import { thisUser } from '../this-user';
import type { TemporalSettings } from '../temporal/connection';
import { thisMachine } from './certificates';
import { lookAtClock } from './clock';
import { judgeDevices } from './devices';
import { type Examination, type Finding, fail, ok, textOf, within } from './finding';
import { lookAtKernel } from './kernel';
import { lookAtPeer } from './peers';
import { lookAtPorts, portRange } from './ports';
import { lookAtStateFolder } from './state-folder';
import { lookAtTemporal } from './temporal';
import { concernsTls, lookAtTls } from './tls';

export { type Examination, type Finding, type Section, type Verdict, examine } from './finding';

const ROOT = '/';
const LIBVIRT_LIMIT_MS = 20_000;

/** Of a machine that is no host: Temporal, and who answers by it. */
export function examinationsElsewhere(settings: TemporalSettings): Examination[] {
  return [
    ...(process.platform === 'linux' ? [{ topic: 'This machine', look: lookAtClock }] : []),
    { topic: 'Temporal', look: () => lookAtTemporal(settings, null) },
  ];
}

/** Of a host, by its agent's configuration. */
export function examinationsOfHost(config: AgentConfig, settings: TemporalSettings): Examination[] {
  const { host, stateDir } = config;
  const simulated = config.simulatedFleet !== undefined;
  return [
    ...(simulated ? [] : [{ topic: 'This machine', look: lookAtMachine }]),
    { topic: simulated ? 'Simulated hypervisor' : 'libvirt', look: () => lookAtHypervisor(config) },
    { topic: 'Ledger', look: () => lookAtStateFolder(stateDir) },
    ...(simulated || !concernsTls(config)
      ? []
      : [{ topic: 'TLS', look: () => lookAtTls(config, thisMachine()) }]),
    { topic: 'Temporal', look: () => lookAtTemporal(settings, host) },
    ...(simulated ? [] : [{ topic: 'Peers', look: () => lookAtPeers(config) }]),
  ];
}

async function lookAtMachine(): Promise<Finding[]> {
  const programs = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].filter(Boolean);
  const places = { root: ROOT, release: os.release(), programs };
  return (await Promise.all([lookAtKernel(places), lookAtPorts(ROOT), lookAtClock()])).flat();
}

async function lookAtHypervisor(config: AgentConfig): Promise<Finding[]> {
  const subject = config.simulatedFleet ?? config.libvirtUri;
  let hypervisor: Hypervisor | undefined;
  try {
    hypervisor = await openHypervisor(config);
    const versions = await within(LIBVIRT_LIMIT_MS, hypervisor.versions());
    const offers = await within(LIBVIRT_LIMIT_MS, hypervisor.mdevTypes());
    const guests = await within(LIBVIRT_LIMIT_MS, hypervisor.listDomains());
    const running = guests.filter((guest) => guest.running).length;
    const { libvirt, qemu, kernel } = versions;
    return [
      ok(subject, `answers; ${running} guest(s) running, ${guests.length - running} off`),
      ...judgeVersions(config.host, versions, [
        ok('libvirt', formatVersion(libvirt)),
        ok('QEMU', formatVersion(qemu)),
        ok('Linux', kernel),
      ]),
      ...judgeDevices(offers, kernel),
    ];
  } catch (error) {
    return [fail(subject, textOf(error), whatOpensLibvirt(config, error))];
  } finally {
    await hypervisor?.close();
  }
}

function judgeVersions(
  host: string,
  versions: Awaited<ReturnType<Hypervisor['versions']>>,
  fine: Finding[],
): Finding[] {
  const refused = versionChecks(host, versions);
  if (refused.length === 0) return fine;
  return refused.map(({ check, found, required, fix }) =>
    fail(check, `${found}; required: ${required}`, fix),
  );
}

function whatOpensLibvirt({ host, libvirtUri, simulatedFleet }: AgentConfig, error: unknown): string {
  if (simulatedFleet !== undefined) return 'Correct "simulatedFleet" in the configuration.';
  const refused = rightsFault(textOf(error), { host, user: thisUser });
  if (refused)
    return `${refused.what} If the agent runs as another, run the doctor as that one (sudo -u vgpu-ferry). ${refused.fix}`;
  return `Try it by hand: virsh -c ${libvirtUri} version. See that libvirtd (or virtqemud) runs, and that the agent's user may use it: root, or the group libvirt.`;
}

async function lookAtPeers({ peers }: AgentConfig): Promise<Finding[]> {
  const named = Object.entries(peers);
  if (named.length === 0)
    return [
      fail(
        'peers',
        'none is configured: no guest can leave this host',
        'Name the other hosts in the configuration: "peers": { "host-b": { "libvirtUri": "qemu+tls://host-b/system" } }',
      ),
    ];
  // Theirs may differ; the first port of the defaults is in most ranges.
  const migrationPort = portRange('').first;
  const connect = (uri: string): Promise<Hypervisor> => createLibvirtHypervisor({ uri });
  const looks = named.map(([host, { libvirtUri: uri }]) => lookAtPeer({ host, uri, migrationPort, connect }));
  return (await Promise.all(looks)).flat();
}
