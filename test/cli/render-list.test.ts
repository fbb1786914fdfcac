/** What a list of migrations says of each. */
import { stripVTControlCharacters } from 'node:util';
import { migrationsTable } from '../../src/cli/render-list';
import type { ListedMigration } from '../../src/temporal/list-migrations';

const START = '2026-11-27T06:00:00.123Z';
const RUNNING: ListedMigration = {
  ...{ workflowId: 'live-migrate:g', runId: 'r', guest: 'g', source: 'host-a', destination: 'host-b' },
  ...{ status: 'RUNNING', startedAt: START, endedAt: null, progress: null, error: null, unread: null },
};
const attention = {
  ...{ kind: 'split-brain' as const, why: 'both run', since: START },
  source: { state: 'absent' as const },
  destination: { state: 'absent' as const },
};

test.each<[string, Partial<ListedMigration>, RegExp]>([
  ['one whose orchestrators are away', {}, /1 min 5 s +running; no orchestrator tells more$/],
  [
    'one whose progress is encrypted with a key that is not here',
    { unread: 'A payload is encrypted with key "k"' },
    /running; encrypted$/,
  ],
  [
    'one at work',
    { progress: { stage: 'migrate', waitingFor: null, attention: null } },
    /host-a +host-b +2026-11-27 06:00:00Z +1 min 5 s +migrate$/,
  ],
  [
    'one that waits',
    { progress: { stage: 'undoing', waitingFor: 'host-b to release', attention: null } },
    /undoing: waiting for host-b to release$/,
  ],
  [
    'one that needs a person',
    { progress: { stage: 'migrate', waitingFor: 'both run', attention } },
    /needs a person: split-brain$/,
  ],
  ['one that is done', { status: 'COMPLETED', endedAt: '2026-11-27T06:00:04.123Z' }, /4\.0 s +done$/],
  [
    'one that failed',
    { status: 'FAILED', endedAt: START, error: { type: 'MigrationPreCheckError', message: 'm' } },
    /MigrationPreCheckError$/,
  ],
  [
    'one that was aborted',
    { status: 'CANCELED', endedAt: START, error: { type: 'MigrationAborted', message: 'm' } },
    /aborted$/,
  ],
  ['one whose input nobody can read', { source: null, destination: null }, /g +\? +\?/],
])('%s', (_what, change, words) => {
  const text = stripVTControlCharacters(
    migrationsTable([{ ...RUNNING, ...change }], Date.parse(START) + 65_000),
  );
  expect(text.split('\n')[1]).toMatch(words);
});

test('why something could not be read is said once, below', () => {
  const unread = { ...RUNNING, unread: 'A payload is encrypted with key "k"' };
  const text = stripVTControlCharacters(migrationsTable([unread, RUNNING, unread], Date.parse(START)));
  expect(text.split('\n\n')[1]).toBe('Not all could be read: A payload is encrypted with key "k"');
});

test('none', () => {
  expect(migrationsTable([], 0)).toBe('There is no such migration.');
});
