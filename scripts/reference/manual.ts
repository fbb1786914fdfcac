/** The manual pages, from the commands and from the configuration's schema: man/, which the packages install. */
import type { Command } from 'commander';
import { configKeys } from './config';
import { environment } from './environment';
import { exitStatuses } from './exit-statuses';

const MADE = '.\\" Made of the code by `npm run docs`: change it there.';

const FILES = [
  ['/etc/vgpu-ferry/agent.json', "The agent's configuration; see vgpu-ferry-agent.json(5)."],
  ['/etc/vgpu-ferry/temporal.env', 'Where Temporal is, for the services.'],
  ['/var/lib/vgpu-ferry', "The ledger of this host's claimed devices."],
  ['/usr/share/doc/vgpu-ferry', 'The documents; README.md first, then docs/README.md.'],
] as const;

export function commandManual(program: Command): string {
  return page('VGPU-FERRY', 1, program.version() ?? '', 'User Commands', [
    '.SH NAME',
    `vgpu\\-ferry \\- live migration of libvirt guests that use vGPUs`,
    '.SH SYNOPSIS',
    '.B vgpu\\-ferry',
    '.I command',
    '.RI [ option "...] [" argument ...]',
    '.SH DESCRIPTION',
    text(program.description()),
    '.PP',
    text(
      'The agent runs on each host, the orchestrator anywhere; both are programs of this command. The rest asks Temporal, and needs nothing of a host.',
    ),
    '.SH COMMANDS',
    ...program.commands.filter((command) => command.name() !== 'help').flatMap(section),
    '.SH EXIT STATUS',
    ...exitStatuses().flatMap(([status, meaning]) => entry(status, meaning)),
    '.SH ENVIRONMENT',
    ...environment().flatMap(([name, meaning]) => entry(name, `${meaning}.`)),
    '.SH FILES',
    ...FILES.flatMap(([name, meaning]) => entry(name, meaning)),
    '.SH SEE ALSO',
    '.BR vgpu\\-ferry\\-agent.json (5),',
    '.BR virsh (1),',
    '.BR mdevctl (8)',
  ]);
}

export function agentManual(): string {
  return page('VGPU-FERRY-AGENT.JSON', 5, '', 'File Formats', [
    '.SH NAME',
    "vgpu\\-ferry\\-agent.json \\- configuration of vgpu\\-ferry's agent",
    '.SH DESCRIPTION',
    text(
      'The file is /etc/vgpu-ferry/agent.json, unless "vgpu-ferry agent --config" names another. It is JSON; comments and trailing commas are allowed. A key that is not known is refused, with the ones that are. A commented sample is in /usr/share/doc/vgpu-ferry/examples.',
    ),
    '.SH KEYS',
    ...configKeys().flatMap(({ name, value, preset, meaning }) =>
      entry(
        name,
        [
          sentence(meaning),
          `(${value.replaceAll('`', '')})`,
          preset === undefined ? '' : `Default: ${preset}`,
        ]
          .filter(Boolean)
          .join(' '),
      ),
    ),
    '.SH SEE ALSO',
    '.BR vgpu\\-ferry (1)',
  ]);
}

function page(title: string, part: number, version: string, kind: string, lines: string[]): string {
  const source = ['vgpu-ferry', version].filter(Boolean).join(' ');
  return [MADE, `.TH ${title} ${part} "" "${source}" "${kind}"`, ...lines, ''].join('\n');
}

/** A command: how it is called, what it does, its arguments and options, and what its help adds. */
function section(command: Command): string[] {
  const help = command.createHelp();
  const name = `vgpu-ferry ${command.name()}`;
  return [
    `.SS "${escaped(name)}${command.usage() ? ` ${escaped(command.usage())}` : ''}"`,
    text(command.description()),
    ...help
      .visibleArguments(command)
      .flatMap((one) => entry(help.argumentTerm(one), help.argumentDescription(one))),
    ...help
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help')
      .flatMap((one) => entry(help.optionTerm(one), help.optionDescription(one))),
    ...literal(addedHelp(command)),
  ];
}

/** What stands below the options. */
function addedHelp(command: Command): string {
  let all = '';
  command.configureOutput({ writeOut: (part) => (all += part) });
  command.outputHelp();
  return all.slice(command.helpInformation().length).trim();
}

function entry(term: string, meaning: string): string[] {
  return ['.TP', `.B "${escaped(term)}"`, text(meaning)];
}

function literal(block: string): string[] {
  if (block === '') return [];
  return ['.PP', '.EX', ...block.split('\n').map(text), '.EE'];
}

function sentence(words: string): string {
  return words === '' || words.endsWith('.') ? words : `${words}.`;
}

/** A line of text: one that begins with a dot or an apostrophe would be a request. */
function text(line: string): string {
  const safe = line.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(safe) ? `\\&${safe}` : safe;
}

/** Within quotes of a request. */
function escaped(words: string): string {
  return words.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('"', '\\(dq');
}
