/**
 * Writes the pages that are made of the code: `npm run docs`. With --check it writes nothing, and fails if one is not as it
 * would be written.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { configSchema } from '../src/agent/config';
import { type Series, METRICS } from '../src/contract';
import { ADVICE } from '../src/cli/error-guide';
import { createProgram } from '../src/cli/program';

const DOCS = join(__dirname, '..', 'docs');
const MADE = '<!-- Made of the code by `npm run docs`: change it there. -->';

/** Page by file name in docs/. */
const PAGES: Record<string, () => string | Promise<string>> = {
  'troubleshooting.md': troubleshooting,
  'reference-cli.md': cli,
  'reference-config.md': config,
  'reference-metrics.md': metrics,
};

function troubleshooting(): string {
  const rows = Object.entries(ADVICE).map(
    ([type, { guest, next }]) => `### ${type}\n\n**The guest:** ${guest}\n\n**What to do:** ${next}`,
  );
  return [
    '# When a migration fails',
    MADE,
    'Its error type stands in `vgpu-ferry report <guest>`, in what `migrate` and `watch` print at its end, and in the Web UI. Programs may branch on it; the message beside it is for people.',
    'Nothing helps? `vgpu-ferry doctor` on both hosts, and `vgpu-ferry report <guest> --html story.html`. A workflow task that fails again and again: see [commands](commands.md).',
    ...rows,
  ].join('\n\n');
}

async function cli(): Promise<string> {
  return [
    '# The `vgpu-ferry` command',
    MADE,
    ...commandsOf(await createProgram()).map((command) => `## ${nameOf(command)}\n\n${helpOf(command)}`),
  ].join('\n\n');
}

function commandsOf(program: Command): Command[] {
  return [program, ...program.commands.flatMap(commandsOf)];
}

function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

/** As --help prints it, on a page that is 100 columns wide. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 100 });
  command.outputHelp();
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\``;
}

function config(): string {
  const rows = keysOf(z.toJSONSchema(configSchema, { io: 'input' }) as Schema);
  return [
    "# The agent's configuration",
    MADE,
    'JSON; comments and trailing commas are allowed. `vgpu-ferry agent` reads `/etc/vgpu-ferry/agent.json`, or the file of `--config`, and refuses it with every mistake named. The package brings a commented sample.',
    ['| key | value | default | meaning |', '|---|---|---|---|', ...rows].join('\n'),
  ].join('\n\n');
}

/** What is used of a JSON Schema. */
interface Schema {
  type?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  default?: unknown;
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | false;
}

/** A row for each key, those of nested objects behind their own. */
function keysOf({ properties = {} }: Schema, above = ''): string[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const key = `${above}${name}`;
    const values = schema.additionalProperties;
    const row = `| \`${key}\` | ${valueOf(schema)} | ${presetOf(schema)} | ${schema.description ?? ''} |`;
    return [row, ...keysOf(schema, `${key}.`), ...(values ? keysOf(values, `${key}.<id>.`) : [])];
  });
}

function valueOf({ type, enum: words, minimum, maximum }: Schema): string {
  if (words) return words.map((word) => `\`${word}\``).join(' or ');
  return minimum === undefined ? (type ?? '') : `${type}, ${minimum} to ${maximum}`;
}

function presetOf({ default: preset }: Schema): string {
  return preset === undefined ? '' : `\`${JSON.stringify(preset)}\``;
}

function metrics(): string {
  const all: Series[] = Object.values(METRICS);
  const tables = (['orchestrator', 'agent', 'both'] as const).map((program) =>
    [
      `## ${PROGRAM[program]}`,
      [
        '| series | kind | unit | labels | meaning |',
        '|---|---|---|---|---|',
        ...all.filter(({ from }) => from === program).map(seriesRow),
      ].join('\n'),
    ].join('\n\n'),
  );
  return [
    '# Metrics',
    MADE,
    'With `VGPU_FERRY_METRICS_ADDRESS` each program tells Prometheus these, and beside them what the Temporal SDK has (`temporal_…`). What the workflow counts also has the labels `namespace`, `taskQueue` and `workflowType`. No label names a guest. How to set it up, alerts and dashboard: [logs-and-metrics.md](logs-and-metrics.md).',
    ...tables,
  ].join('\n\n');
}

const PROGRAM = { orchestrator: 'Orchestrators', agent: 'Agents', both: 'Both' };

function seriesRow({ name, kind, unit, labels, help, buckets }: Series): string {
  const described = Object.entries(labels).map(([label, meaning]) => `\`${label}\`: ${meaning}`);
  const bounds = buckets ? `. Buckets: ${buckets.join(', ')}` : '';
  return `| \`${name}\` | ${kind} | ${unit} | ${described.join('; ')} | ${help}${bounds} |`;
}

async function main(): Promise<void> {
  const check = process.argv.includes('--check');
  const stale: string[] = [];
  for (const [name, page] of Object.entries(PAGES)) {
    const file = join(DOCS, name);
    const text = await format(await page(), { ...(await resolveConfig(file)), filepath: file });
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    stale.push(name);
    if (!check) writeFileSync(file, text);
  }
  if (check && stale.length > 0)
    throw new Error(`not as the code says: ${stale.join(', ')}; run npm run docs`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
