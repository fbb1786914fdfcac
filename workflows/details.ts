/** The migration in a few lines of Markdown, for the Web UI's "current details". */
import type { CompleteInput, MigrationProgress, MigrationPolicy } from '../src/contract';

type Row = [name: string, value: string];

export function describeMigration(input: CompleteInput, progress: MigrationProgress): string {
  const rows: Row[] = [
    ['Guest', input.guest],
    ['From', input.source],
    ['To', input.destination],
    ['Stage', progress.stage],
    ['Waiting for', progress.waitingFor ?? '-'],
    ...needed(progress),
    ['Allowed now', progress.allowed.join(', ') || '-'],
    ...(progress.policy ? policyRows(progress.policy, progress) : []),
    ...progress.stages.map(({ stage, ms }): Row => [`Done: ${stage}`, `${ms} ms`]),
  ];
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

function needed({ attention }: MigrationProgress): Row[] {
  if (!attention) return [];
  return [
    [
      '**Needs a person**',
      `**${attention.kind}** since ${attention.since}: say where the guest is, by \`resolve\``,
    ],
  ];
}

function policyRows(policy: MigrationPolicy, { overrides }: MigrationProgress): Row[] {
  const bandwidth = overrides.bandwidthMiBps ?? policy.bandwidthMiBps;
  const downtime =
    overrides.maxDowntimeMs === undefined
      ? `${policy.initialDowntimeMs} ms, in ${policy.downtimeSteps} steps to ${policy.maxDowntimeMs} ms`
      : `${overrides.maxDowntimeMs} ms, by a command`;
  return [
    ['Switchover', policy.switchover],
    ['Maximum downtime', downtime],
    ['Bandwidth', bandwidth === 0 ? 'no limit' : `${bandwidth} MiB/s`],
  ];
}
