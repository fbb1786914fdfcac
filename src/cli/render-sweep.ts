/** A sweep's report for people. Pure. */
import { pc } from './colours';
import type { ReconcileReport, ReconciledDevice } from '../contract';

const PARTS: readonly [
  keyof ReconcileReport & ('released' | 'consumed' | 'removed' | 'quarantined' | 'kept'),
  string,
][] = [
  ['released', 'Released: the claim is ended, the device is free or gone'],
  ['consumed', 'Consumed: the guest has arrived, the claim is ended'],
  ['removed', 'Removed: we had made it, and nobody uses it'],
  ['quarantined', 'In quarantine: never handed out until a person has looked after it'],
  ['kept', 'Left alone'],
];

export function sweepReport(report: ReconcileReport): string {
  const parts = PARTS.filter(([part]) => report[part].length > 0);
  return [
    `Swept ${pc.bold(report.host)} at ${report.at}.`,
    ...parts.flatMap(([part, title]) => [pc.bold(title), ...report[part].map(deviceLine)]),
    ...(parts.length === 0 ? ['The ledger holds no device: nothing to do.'] : []),
    ...(report.attention.length > 0
      ? [pc.yellow('For a person to look at'), ...report.attention.map((line) => `  - ${line}`)]
      : []),
  ].join('\n');
}

function deviceLine({ uuid, type, guest, migration, why }: ReconciledDevice): string {
  const whose = [guest && `guest ${guest}`, migration].filter(Boolean).join(', ');
  return `  ${type.padEnd(14)} ${uuid}  ${why}\n    ${pc.dim(whose)}`;
}
