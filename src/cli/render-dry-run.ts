/** What a migration would find, for people. Pure. */
import { pc } from './colours';
import { formatVersion } from '../checks';
import type { DryRun, FailedCheck, SideReport } from '../contract';
import { columns } from './columns';
import { checkRows } from './render';

export function dryRunReport(report: DryRun): string {
  const { guest, guestName, source, destination, ready, hosts, failed } = report;
  const failedOn = (host: string): FailedCheck[] => failed.filter((check) => check.host === host);
  const verdict = ready
    ? `${pc.green('Ready.')} A migration would begin. Nothing was touched, and nothing is kept for it.`
    : `${pc.red('Not ready.')} ${failed.length} check(s) failed; nothing was touched.`;
  return [
    `Guest ${pc.bold(guestName ?? guest)}${guestName === null ? '' : ` (${guest})`}, from ${pc.bold(source)} to ${pc.bold(destination)}`,
    '',
    columns([
      ['HOST', 'IS', 'AGENT', 'LIBVIRT', 'QEMU', 'LINUX', 'CHECKS'].map((title) => pc.bold(title)),
      hostRow(source, 'source', hosts.source, failedOn(source)),
      hostRow(destination, 'destination', hosts.destination, failedOn(destination)),
    ]),
    ...deviceLines(report),
    ...wayLines(report),
    ...qemuLines(report),
    '',
    verdict,
    ...checkRows(failed),
  ].join('\n');
}

function hostRow(host: string, is: string, side: SideReport, failed: readonly FailedCheck[]): string[] {
  const checks = failed.length === 0 ? pc.green('ok') : pc.red(`${failed.length} failed`);
  const silent = failed.some(({ check }) => check === 'agent-answers');
  if (side === null) return [host, is, silent ? pc.red('no answer') : '?', '?', '?', '?', checks];
  const { libvirt, qemu, kernel } = side.versions;
  return [host, is, `protocol ${side.protocol}`, formatVersion(libvirt), formatVersion(qemu), kernel, checks];
}

function deviceLines({ devices, planned }: DryRun): string[] {
  if (devices === null) return [];
  if (devices.length === 0) return ['', 'The guest has no mediated device.'];
  const rows = devices.map(({ uuid, type }) => {
    const plan = planned.find(({ source }) => source === uuid);
    const target = plan === undefined ? pc.red('none') : (plan.target ?? 'one would be made');
    return [type ?? pc.red('unknown type'), uuid, target, plan?.parent ?? ''];
  });
  const titles = ['TYPE', 'DEVICE ON THE SOURCE', 'DEVICE ON THE DESTINATION', 'PARENT THERE'];
  return ['', columns([titles.map((title) => pc.bold(title)), ...rows])];
}

function wayLines({ way, destination }: DryRun): string[] {
  if (way === null) return [];
  const memory = way.memory === 'tls' ? pc.green('over TLS') : pc.yellow('unencrypted');
  return ['', `To ${destination}: libvirt by ${way.libvirt}; memory and vGPU state ${memory}`];
}

/** Silence would be taken for consent. */
function qemuLines({ qemuAsked, source }: DryRun): string[] {
  if (qemuAsked !== false) return [];
  return [
    '',
    `QEMU was not asked what it would refuse: "askQemu" is off in the agent's configuration on ${source}.`,
  ];
}
