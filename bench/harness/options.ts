/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';
import type { Suite } from './suite';

export interface Options {
  only: string[];
  rounds: number | undefined;
  quick: boolean;
  list: boolean;
  help: boolean;
  /** Folder of results.json and the plots. */
  out: string | undefined;
}

export class OptionsError extends Error {
  override readonly name = 'OptionsError';
}

export function readOptions(args: string[], suites: readonly Pick<Suite, 'name'>[]): Options {
  const { values } = parsed(args);
  const only = (values.only ?? []).flatMap((text) => text.split(','));
  const names = suites.map(({ name }) => name);
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new OptionsError(`there is no suite ${unknown.join(', ')}; there are ${names.join(', ')}`);
  const { quick = false, list = false, help = false, out } = values;
  return { only, rounds: wholeNumber(values.rounds), quick, list, help, out };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        only: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        quick: { type: 'boolean' },
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        out: { type: 'string' },
      },
    });
  } catch (error) {
    throw new OptionsError((error as Error).message);
  }
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new OptionsError(`--rounds ${text}: required a whole number from 1 to 9999`);
  return Number(text);
}

export function helpText(suites: readonly Suite[]): string {
  return `Measures vgpu-ferry on this machine, on simulated hosts and a Temporal server of its own. It needs no root.

  npm run bench                            all suites, one after another (about ${total(suites)} minutes)
  npm run bench -- --only micro,agent      these alone; the figures of the others stay as they are
  npm run bench -- --only micro --rounds 5 with so many rounds instead of the suite's own number
  npm run bench -- --quick                 small numbers, to see that it works; writes to the system's folder for
                                           temporary files, for the figures say nothing
  npm run bench -- --out <folder>          results.json and plots go there instead of docs/performance
  npm run bench -- --list                  the suites

What is compared is measured in turn within one run, and the ratio is the median of the rounds' ratios: trust ratios on a
machine that has something else to do, and nothing else. The load average stands beside each suite's figures.
A round that costs much is repeated seldom: look at "runs" and at the least and the most before you believe a difference.

Afterwards \`npm run docs\` makes docs/performance.md of results.json.

${listText(suites)}`;
}

export function listText(suites: readonly Suite[]): string {
  const rows = suites.map(
    ({ name, summary, minutes, rounds }) =>
      `  ${name.padEnd(15)}${`${minutes} min`.padEnd(8)}${`${rounds} rounds`.padEnd(11)}${summary}`,
  );
  return `Suites:\n${rows.join('\n')}\n`;
}

function total(suites: readonly Suite[]): number {
  return suites.reduce((sum, { minutes }) => sum + minutes, 0);
}
