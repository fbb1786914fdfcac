/** A sweep's report in Markdown, for the Web UI's "current details". */
import type { ReconcileReport, ReconciledDevice } from '../src/contract';

/** The result has them all; the Web UI gets a readable part. */
const MOST_ROWS = 50;

export function describeReport(report: ReconcileReport): string {
  const { released, consumed, removed, quarantined, kept, attention } = report;
  const rows = [
    ...rowsOf('released', released),
    ...rowsOf('consumed', consumed),
    ...rowsOf('removed', removed),
    ...rowsOf('quarantined', quarantined),
    ...rowsOf('kept', kept),
  ];
  const left = rows.length - MOST_ROWS;
  return [
    `Swept ${report.host} at ${report.at}.`,
    ...(attention.length > 0 ? ['', '**For a person to look at**', ''] : []),
    ...attention.slice(0, MOST_ROWS).map((line) => `- ${line}`),
    '',
    '| | mdev | type | guest | why |',
    '|---|---|---|---|---|',
    ...(rows.length > 0 ? rows.slice(0, MOST_ROWS) : ['| nothing to do | | | | |']),
    ...(left > 0 ? [`| and ${left} more | | | | |`] : []),
  ].join('\n');
}

function rowsOf(what: string, devices: ReconciledDevice[]): string[] {
  return devices.map(({ uuid, type, guest, why }) =>
    [what, uuid, type, guest ?? '-', why].map(cell).join(' ').concat(' |'),
  );
}

/** A `|` in a text would end its cell. */
function cell(text: string): string {
  return `| ${text.replaceAll('|', '\\|').replaceAll('\n', ' ')}`;
}
