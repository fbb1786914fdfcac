/** The migration in a few lines of Markdown, for the Web UI's "current details". */
import type { Claim, CompleteInput, MigrationPolicy, MigrationProgress, SourceFacts } from '../src/contract';

type Row = [name: string, value: string];

/** What has come to be known of it so far. */
interface Known {
  facts: Pick<SourceFacts, 'guestName' | 'mdevs'> | undefined;
  claim: Pick<Claim, 'mdevs'> | undefined;
}

export function describeMigration(
  input: CompleteInput,
  progress: MigrationProgress,
  { facts, claim }: Known,
): string {
  const rows: Row[] = [
    ['Guest', facts ? `${facts.guestName} (${input.guest})` : input.guest],
    ['From', input.source],
    ['To', input.destination],
    ...deviceRows(facts, claim),
    ['Stage', progress.stage],
    ['Waiting for', progress.waitingFor ?? '-'],
    ...needed(progress),
    ['Allowed now', progress.allowed.join(', ') || '-'],
    ...(progress.policy ? policyRows(progress.policy, progress) : []),
    ...progress.stages.map(({ stage, ms }): Row => [`Done: ${stage}`, `${ms} ms`]),
  ];
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

/** A device for each of the guest's; before the claim, its own alone. */
function deviceRows(facts: Known['facts'], claim: Known['claim']): Row[] {
  if (claim) return claim.mdevs.map(({ type, source, target }) => [type, `${source} → ${target}`]);
  return (facts?.mdevs ?? []).map(({ uuid, type }) => [type ?? 'vGPU', uuid]);
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
