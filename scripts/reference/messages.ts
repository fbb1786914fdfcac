/** docs/reference-messages.md: what goes in and out, from the types, constants and functions that the programs use. */
import type { Command as Program } from 'commander';
import {
  type Command,
  COMMANDS,
  LIVE_MIGRATE_VGPU,
  ORCHESTRATOR_TASK_QUEUE,
  RECONCILE_HOST,
  hostTaskQueue,
  migrationWorkflowId,
  reconcileNowWorkflowId,
  reconcileScheduleId,
} from '../../src/contract';
import { exitStatuses } from './exit-statuses';
import { type Field, type Name, type Shape, Sources } from './shapes';

const SOURCES = new Sources([
  'src/contract',
  'src/cli/json.ts',
  'src/report/story.ts',
  'src/doctor/finding.ts',
  'src/temporal/list-migrations.ts',
  'src/temporal/hosts.ts',
  'src/temporal/unstick.ts',
]);

/** What each update takes. */
const ARGUMENTS: Record<Command, string> = {
  abort: '',
  forceComplete: 'ForceCompleteInput',
  setMaxDowntime: 'SetMaxDowntimeInput',
  setBandwidth: 'SetBandwidthInput',
  resolve: 'Resolution',
};

/** Constants that are values of fields, or search attributes, which have a page of their own. */
const NO_NAMES = ['UNKNOWN_TYPE', 'COMPLETED', 'ATTENTION_ATTRIBUTE'];

const ROOTS = [
  'MigrationInput',
  'MigrationResult',
  'MigrationProgress',
  ...Object.values(ARGUMENTS).filter(Boolean),
  'CommandAnswer',
  'ReconcileInput',
  'ReconcileReport',
];

export function messages(program: Program, made: string): string {
  refuseUndocumented(program);
  const roots = [...ROOTS, ...SOURCES.mentioned(SOURCES.shapes.get('JsonOutput')!)];
  const shapeless = roots.filter((root) => !SOURCES.shapes.has(root));
  if (shapeless.length > 0)
    throw new Error(`no source of scripts/reference/messages.ts has ${shapeless.join(', ')}`);
  return [
    '# Messages',
    made,
    'All that goes in and out is JSON. A field that is not named here may come with a newer version; whoever reads has to bear it. Whoever writes must not send others: they are refused.',
    '## Workflows',
    workflows(),
    '## Commands to a migration',
    commands(),
    '## Names',
    names(),
    '## Error types',
    errors(),
    '## Exit statuses',
    statuses(),
    '## What `--json` prints',
    jsonOutputs(),
    '## Shapes',
    ...SOURCES.reachable(roots).map(section),
  ].join('\n\n');
}

/** Each command that has --json, and no other, has its shape. */
function refuseUndocumented(program: Program): void {
  const having = new Set(withJson(program));
  const told = new Set(
    SOURCES.shapes.get('JsonOutput')!.fields.map(({ name }) => name.replace(/ --.*$/, '')),
  );
  const wrong = [
    ...[...having].filter((name) => !told.has(name)),
    ...[...told].filter((name) => !having.has(name)),
  ];
  if (wrong.length > 0)
    throw new Error(
      `JsonOutput in src/cli/json.ts is not about the commands with --json: ${wrong.join(', ')}`,
    );
}

/** By their whole names, those within others too. */
function withJson(program: Program, above = ''): string[] {
  return program.commands.flatMap((command) => {
    const name = above + command.name();
    const own = command.options.some(({ long }) => long === '--json') ? [name] : [];
    return [...own, ...withJson(command, `${name} `)];
  });
}

function workflows(): string {
  const sweeps = `any; ${code(reconcileScheduleId('<host>'))} by the schedule, ${code(reconcileNowWorkflowId('<host>'))} by \`vgpu-ferry reconcile\``;
  const rows = [
    [LIVE_MIGRATE_VGPU, code(migrationWorkflowId('<guest uuid>')), 'MigrationInput', 'MigrationResult'],
    [RECONCILE_HOST, sweeps, 'ReconcileInput', 'ReconcileReport'],
  ].map(([type, id, input, result]) => [
    ...[code(type!), code(ORCHESTRATOR_TASK_QUEUE), id!, shape(input!), shape(result!)],
  ]);
  return [
    ...table(['workflow type', 'task queue', 'workflow id', 'input', 'result'], rows),
    '',
    'A migration refuses to run under another id. One of an id runs at a time; Temporal refuses a second one.',
  ].join('\n');
}

function commands(): string {
  return (
    table(
      ['kind', 'name', 'argument', 'answer'],
      [
        ['query', '`progress`', '', shape('MigrationProgress')],
        ...COMMANDS.map((command) => [
          'update',
          code(command),
          shape(ARGUMENTS[command]),
          shape('CommandAnswer'),
        ]),
      ],
    ).join('\n') +
    '\n\nWhen each is legal, and what it does: [Commanding a migration that runs](commands.md).'
  );
}

function names(): string {
  const made: Name[] = [
    {
      name: hostTaskQueue('<host>', 'control'),
      meaning: "Task queue of a host's agent: checks, claims, commands, clean-ups",
      value: null,
    },
    {
      name: hostTaskQueue('<host>', 'migrate'),
      meaning:
        "Task queue of a host's agent: outgoing migrations, as many at a time as its configuration says",
      value: null,
    },
    { name: reconcileScheduleId('<host>'), meaning: "Schedule of a host's sweeps", value: null },
  ];
  const fixed = SOURCES.strings().filter(({ name }) => !NO_NAMES.includes(name));
  const rows = [
    ...fixed.map(({ value, meaning }) => [code(value!), meaning]),
    ...made.map(({ name, meaning }) => [code(name), meaning]),
  ];
  return [
    ...table(['name', 'what it is'], rows),
    '',
    'Search attributes: [the Web UI](web-ui.md#finding-migrations).',
  ].join('\n');
}

function errors(): string {
  const rows = SOURCES.entries('ErrorType').map(({ value, meaning }) => [
    `[${code(value!)}](troubleshooting.md#${value!.toLowerCase()})`,
    meaning,
  ]);
  return `The \`type\` of the \`ApplicationFailure\` that ends a workflow, or refuses an update.\n\n${table(['type', 'meaning'], rows).join('\n')}`;
}

function statuses(): string {
  return `Of every command. What one means by its own, its \`--help\` says.\n\n${table(['status', 'meaning'], exitStatuses()).join('\n')}`;
}

function jsonOutputs(): string {
  const rows = SOURCES.shapes
    .get('JsonOutput')!
    .fields.map(({ name, type, meaning }) => [`\`vgpu-ferry ${name}\``, typeOf(type), meaning]);
  return `The exit status is the same as without it.\n\n${table(['command', 'prints', ''], rows).join('\n')}`;
}

function section({ name, meaning, inherits, fields, alias }: Shape): string {
  const parts = [`### ${name}`, meaning];
  if (inherits.length > 0) parts.push(`All fields of ${inherits.map(typeOf).join(' and ')}, and:`);
  if (alias !== null) parts.push(alternatives(alias));
  else parts.push(table(['field', 'type', 'meaning'], fields.map(row)).join('\n'));
  return parts.filter(Boolean).join('\n\n');
}

function row({ name, optional, type, meaning }: Field): string[] {
  return [`${code(name)}${optional ? ' (optional)' : ''}`, typeOf(type), meaning];
}

/** A line for each member of a union of objects; else all of it. */
function alternatives(alias: string): string {
  const members = alias.split(/ \| (?=\{)/);
  return members.length > 1 ? members.map((member) => `- ${typeOf(member)}`).join('\n') : typeOf(alias);
}

function shape(name: string): string {
  return name === '' ? '' : typeOf(name);
}

/** As code; a link, if there is one shape in it that has a section. */
function typeOf(type: string): string {
  const [first, ...more] = [...new Set(type.match(/\b[A-Z]\w+/g))].filter((name) => SOURCES.shapes.has(name));
  const text = code(type);
  if (first === undefined) return text;
  const others = more.map((name) => ` [${name}](#${name.toLowerCase()})`).join(',');
  return `[${text}](#${first.toLowerCase()})${others && `;${others}`}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
