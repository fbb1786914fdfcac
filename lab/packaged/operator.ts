/** What an operator does on two new hosts, in the words of docs/install.md and docs/tls.md. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Section } from '../../src/doctor';
import { documented } from '../src/documented';
import { PKI_FOLDER, bringPki } from '../src/pki';
import { must } from '../src/shell';
import { waitUntil } from '../src/wait';
import type { PackagedHost } from './host';
import { type PackagedHosts, PACKAGE } from './hosts';

/** Under emulation; apt alone takes half a minute. */
const STEP_LIMIT_MS = 300_000;

/** The documents' names and addresses, as this lab has them. */
const ofLab = (commands: string): string =>
  commands.replaceAll('.example', '').replaceAll('192.0.2.', '192.168.77.');

export async function makeCertificates({ folder }: PackagedHosts): Promise<string> {
  const pki = join(folder, 'pki');
  await mkdir(pki);
  const script = [
    await documented('tls.md', 'authority() {'),
    await documented('tls.md', 'certificate qemu host-a'),
  ];
  await must('bash', ['-euc', ofLab(script.join('\n'))], { cwd: pki, timeoutMs: STEP_LIMIT_MS });
  return pki;
}

export async function install(host: PackagedHost): Promise<void> {
  const command = await documented('install.md', 'apt install');
  await host.ssh(command.replace(/\.\/packages\/\S+/, PACKAGE.before), STEP_LIMIT_MS);
}

/** Steps 2 to 4 of docs/tls.md. */
export async function secure(host: PackagedHost, pki: string): Promise<void> {
  await bringPki(pki, host);
  const place = await documented('tls.md', 'place() {');
  const own = (await documented('tls.md', 'own=/var/lib')).replaceAll('host-a', host.name);
  await host.ssh(`set -e; cd ${PKI_FOLDER}\n${place}\nplace ${host.name}\n${own}`, STEP_LIMIT_MS);
  const listen = await documented('tls.md', 'libvirtd-tls.socket');
  const force = await documented('tls.md', 'migrate_tls_force = 1');
  // the last is ours: libvirt asks QEMU what it can when it is first asked itself, a minute and more under emulation
  await host.ssh(listen, STEP_LIMIT_MS); // by itself: `set -e` looks at no part of an && list
  await host.ssh(`set -e\n${force}\nvirsh -q version`, STEP_LIMIT_MS);
}

export interface Settings {
  requireTls?: boolean;
  /** Of the peer. */
  libvirtUri: string;
}

/** The samples are copied as the document says; what an editor would do to them follows. */
export async function configure(
  host: PackagedHost,
  peer: PackagedHost,
  lab: PackagedHosts,
  { requireTls = true, libvirtUri }: Settings,
): Promise<void> {
  const [copy = ''] = (await documented('install.md', 'cp /usr/share/doc')).split('\n');
  await host.ssh(copy);
  const config = { host: host.name, requireTls, peers: { [peer.name]: { libvirtUri } } };
  await host.writeFile('/etc/vgpu-ferry/agent.json', JSON.stringify(config));
  await host.writeFile('/etc/vgpu-ferry/temporal.env', `TEMPORAL_ADDRESS=${lab.addressInside}\n`);
}

export async function doctor(host: PackagedHost): Promise<{ code: number | null; sections: Section[] }> {
  const command = (await documented('install.md', 'vgpu-ferry doctor')).trim();
  const { code, stdout, stderr } = await host.trySsh(`${command} --json`, STEP_LIMIT_MS);
  if (!stdout.startsWith('{')) throw new Error(`${host.name}: the doctor says: ${stdout}${stderr}`);
  return { code, sections: (JSON.parse(stdout) as { sections: Section[] }).sections };
}

export async function startAgent(host: PackagedHost): Promise<void> {
  await host.ssh(await documented('install.md', 'systemctl start vgpu-ferry-agent'), STEP_LIMIT_MS);
  await agentIsUp(host);
}

export async function agentIsUp(host: PackagedHost): Promise<void> {
  await waitUntil(
    `the agent of ${host.name}`,
    async () => (await host.trySsh('systemctl is-active -q vgpu-ferry-agent')).code === 0,
    {
      timeoutMs: STEP_LIMIT_MS,
      onTimeout: () => host.ssh('journalctl -u vgpu-ferry-agent -o cat -n 30'),
    },
  );
}
