/** One migration, followed by its id through the logs of all processes that had to do with it. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { migrationWorkflowId } from '../../src/contract';
import { SAMPLE_GUEST, SAMPLE_VNC_PASSWORD } from '../../src/hypervisor/simulated';
import { startMigration } from '../../src/temporal/migrations';
import { blockOf } from '../docs/markdown';
import { testWith } from '../support/programs-there';
import { useTemporalServer } from '../support/temporal-server';
import { until } from '../support/until';
import { type LogLine, Programs } from './programs';

const server = useTemporalServer();
const guest = SAMPLE_GUEST.uuid;

let programs: Programs;
let client: Client;
let run: string;

beforeAll(async () => {
  programs = await Programs.on(server.address, {});
  const connection = await Connection.connect({ address: server.address });
  client = new Client({ connection });
  await Promise.all([
    programs.startOrchestrator('real'),
    programs.startAgent('host-a'),
    programs.startAgent('host-b', 60),
  ]);
  const handle = await startMigration(client, { guest, source: 'host-a', destination: 'host-b' });
  run = (await handle.describe()).runId;
  await handle.result();
  await programs.all[0]!.says('migration ended');
  await until(() => Promise.resolve(of('host-b').some(({ msg }) => msg === 'swept')));
}, 300_000);

afterAll(async () => {
  await client.connection.close();
  await programs.close();
});

const of = (name: string): LogLine[] => programs.all.find((program) => program.name === name)!.lines;
const all = (): LogLine[] => programs.all.flatMap(({ lines }) => lines);

/** As the jq line of docs/logs-and-metrics.md does, but in one way only. */
function ofMigration(): LogLine[] {
  const lines = all().filter(({ migration }) => migration === migrationWorkflowId(guest));
  return lines.sort((one, other) => (one.time < other.time ? -1 : 1));
}

test('by its id, the whole way: from the beginning to the end, each step with its host', () => {
  const story = ofMigration().map(({ msg, host, step, stage }) =>
    [msg, host ?? step ?? stage, step].join(' ').trim(),
  );
  expect(story).toEqual(
    expect.arrayContaining([
      'migration begun',
      'stage ended inspect',
      'step done host-b claimOnDestination',
      'claimed host-b',
      'step done host-a migrateGuest',
      'stage ended migrate',
      'step done host-b finalizeOnDestination',
      'step done host-a cleanUpSource',
      'migration ended',
    ]),
  );
  expect(story[0]).toBe('migration begun');
  expect(story.at(-1)).toBe('migration ended');
});

/** What a command of the documents prints in a folder with a log of each program. */
function documented(command: string): string[] {
  for (const { name, lines } of programs.all)
    writeFileSync(
      join(programs.folder, `${name}.log`),
      lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
  const script = ['--norc', '-euo', 'pipefail', '-c', command];
  const printed = execFileSync('bash', script, { cwd: programs.folder, encoding: 'utf8' });
  return printed.trimEnd().split('\n');
}

testWith(['jq'], 'the jq line of docs/logs-and-metrics.md tells the same story', () => {
  const story = documented(blockOf('docs/logs-and-metrics.md', 'jq -rs').text);
  const told = ofMigration().map(({ time, host, program, msg, step, stage, cause }) =>
    [time, host ?? program, msg, step ?? stage ?? cause].map((field) => (field ?? '') as string).join('\t'),
  );
  expect(told.length).toBeGreaterThan(10);
  const times = story.map((line) => line.split('\t')[0]);
  expect(times).toEqual([...times].sort());
  // which of two lines of one moment comes first is not said
  expect(story.sort()).toEqual(told.sort());
});

testWith(['curl'], 'the curl line of docs/logs-and-metrics.md shows an agent’s metrics', () => {
  const { metrics } = programs.all.find(({ name }) => name === 'host-a')!;
  const block = blockOf('docs/logs-and-metrics.md', 'curl -s');
  const shown = documented(block.text.replace('127.0.0.1:9464', metrics));
  expect(shown).toContainEqual(expect.stringMatching(/^vgpu_ferry_hypervisor_up\{.*host="host-a".*\} 1$/));
});

test('every line of it has the same run and guest, and an agent’s its host', () => {
  for (const line of ofMigration()) {
    expect(line).toMatchObject({ run, guest });
    if (line.program === 'agent') expect(['host-a', 'host-b']).toContain(line.host);
  }
});

test('no line that speaks of the guest is without the migration', () => {
  const spoken = all().filter((line) => JSON.stringify(line).includes(guest));
  expect(spoken.filter(({ migration }) => migration !== migrationWorkflowId(guest))).toEqual([]);
});

test('a sweep is followed by its workflow', () => {
  const swept = of('host-b').find(({ msg }) => msg === 'swept')!;
  expect(swept.workflow).toMatch(/^reconcile-host:host-b/);
  expect(swept).toMatchObject({ run: expect.any(String), host: 'host-b' });
});

test('an agent that is well warns of nothing when it starts', () => {
  const begun = all().find(({ msg }) => msg === 'migration begun')!.time;
  const before = all().filter(({ time }) => time < begun);
  expect(before.length).toBeGreaterThan(0);
  expect(before.filter(({ level }) => Number(level) > 30)).toEqual([]);
});

test('the guest’s password is in no line', () => {
  expect(all().length).toBeGreaterThan(10);
  expect(JSON.stringify(all())).not.toContain(SAMPLE_VNC_PASSWORD);
});
