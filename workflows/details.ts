/** The migration in a few lines of Markdown, for the Web UI's "current details". */
import type { CompleteInput, MigrationProgress } from '../src/contract';

export function describeMigration(input: CompleteInput, progress: MigrationProgress): string {
  const rows = [
    ['Guest', input.guest],
    ['From', input.source],
    ['To', input.destination],
    ['Stage', progress.stage],
    ['Waiting for', progress.waitingFor ?? '-'],
    ['Switchover', input.policy.switchover],
    ['Maximum downtime', `${input.policy.maxDowntimeMs} ms`],
    ['Bandwidth', input.policy.bandwidthMiBps === 0 ? 'no limit' : `${input.policy.bandwidthMiBps} MiB/s`],
    ...progress.stages.map(({ stage, ms }) => [`Done: ${stage}`, `${ms} ms`]),
  ];
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}
