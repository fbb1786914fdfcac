/**
 * Writes the pages that are made of the code: `npm run docs`. With --check it writes nothing, and fails if one is not as it
 * would be written.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { format, resolveConfig } from 'prettier';
import { ADVICE } from '../src/cli/error-guide';
import { createProgram } from '../src/cli/program';
import { configPage } from './reference/config';
import { figuresPage } from './reference/figures';
import { agentManual, commandManual } from './reference/manual';
import { messages } from './reference/messages';
import { metricsPage } from './reference/metrics';
import { performancePage } from './reference/performance';

const DOCS = join(__dirname, '..', 'docs');
const MADE = '<!-- Made of the code by `npm run docs`: change it there. -->';

/** Page by its path from docs/. */
const PAGES: Record<string, () => string | Promise<string>> = {
  'troubleshooting.md': troubleshooting,
  'reference-cli.md': cli,
  'figures.md': figuresPage,
  'performance.md': performancePage,
  'reference-config.md': () => configPage(MADE),
  'reference-metrics.md': () => metricsPage(MADE),
  'reference-messages.md': async () => messages(await createProgram(), MADE),
  '../man/vgpu-ferry.1': async () => commandManual(await createProgram()),
  '../man/vgpu-ferry-agent.json.5': agentManual,
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

async function main(): Promise<void> {
  const check = process.argv.includes('--check');
  const stale: string[] = [];
  for (const [name, page] of Object.entries(PAGES)) {
    const file = join(DOCS, name);
    const text = name.endsWith('.md')
      ? await format(await page(), { ...(await resolveConfig(file)), filepath: file })
      : await page();
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
