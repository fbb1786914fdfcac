/** Whether the programs tell what the table of series says: each series, with its labels, and no other. */
import { type Series, METRICS, queryNames } from '../../src/contract';
import { scrape } from '../support/scrape';
import type { Program } from './programs';

/** What the SDK puts on all that a workflow counts. */
const OF_WORKFLOWS = ['namespace', 'taskQueue', 'workflowType'];

/** What differs, in words; empty = nothing. */
export async function differencesFromTable(programs: readonly Program[]): Promise<string[]> {
  const scraped = await Promise.all(programs.map(seriesOf));
  const told = scraped.flat();
  const untold = Object.values(METRICS).filter(
    ({ name }) => !told.some(({ series }) => series?.name === name),
  );
  return [...new Set([...told.flatMap(differences), ...untold.map(({ name }) => `nobody tells ${name}`)])];
}

interface Told {
  program: 'agent' | 'orchestrator';
  name: string;
  labels: string[];
  series: Series | undefined;
}

async function seriesOf({ name: program, metrics }: Program): Promise<Told[]> {
  return (await scrape(metrics)).map(({ name, labels }) => ({
    program: program === 'orchestrator' ? program : 'agent',
    name,
    labels: Object.keys(labels),
    series: Object.values<Series>(METRICS).find((one) => queryNames(one).includes(name)),
  }));
}

function differences({ program, name, labels, series }: Told): string[] {
  if (!series) return [`the ${program} tells ${name}, which the table does not have`];
  return series.from === program || series.from === 'both'
    ? labelDifferences(series, program, labels)
    : [`the ${program} tells ${name}, which the table has from the ${series.from}`];
}

function labelDifferences(
  { name, from, labels }: Series,
  program: string,
  found: readonly string[],
): string[] {
  const optional = [
    ...OF_WORKFLOWS,
    'le',
    ...(from === 'both' && program === 'orchestrator' ? ['host'] : []),
  ];
  const surplus = found.filter((label) => !(label in labels) && !optional.includes(label));
  const missing = Object.keys(labels).filter((label) => !found.includes(label) && !optional.includes(label));
  return [
    ...surplus.map((label) => `${name} has the label ${label}, which the table does not have`),
    ...missing.map((label) => `${name} lacks the label ${label}`),
  ];
}
