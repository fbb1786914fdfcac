/** Stories of recorded migrations: read from the history alone, whatever way they ended. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { type Payload, defaultPayloadConverter } from '@temporalio/common';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { storyText } from '../../src/cli/render-report';
import { type History, type Story, readStory, storyPage } from '../../src/report';
import { ErrorType, migrationWorkflowId } from '../../src/contract';
import { HISTORIES } from '../support/histories';

const GUEST = '7c0de9a4-5f0e-4d6b-9a51-2f5c8e1d7a07';
const decode = (payload: Payload): Promise<unknown> =>
  Promise.resolve(defaultPayloadConverter.fromPayload(payload));

function historyOf(name: string): History {
  return historyFromJSON(JSON.parse(readFileSync(join(HISTORIES, name), 'utf8')));
}

function told(name: string, history = historyOf(name), read = decode): Promise<Story> {
  return readStory({ workflowId: migrationWorkflowId(GUEST), runId: 'a-run' }, history, read);
}

const text = (story: Story): string => stripVTControlCharacters(storyText(story));

test('one that is done: checks, devices, steps in order with their hosts, the result', async () => {
  const story = await told('done.v2.json');
  expect(story).toMatchObject({
    ...{ guest: GUEST, guestName: 'workstation-7', source: 'host-a', destination: 'host-b' },
    ...{ outcome: 'done', error: null, result: { runsOn: 'host-b' } },
  });
  const steps = story.chapters.flatMap((chapter) =>
    chapter.kind === 'step' ? [`${chapter.host} ${chapter.step} ${chapter.outcome}`] : [],
  );
  expect(steps).toEqual([
    'host-a inspectSource ok',
    'host-b claimOnDestination ok',
    'host-a migrateGuest ok',
    'host-b finalizeOnDestination ok',
    'host-a cleanUpSource ok',
  ]);
  expect(story.devices.length).toBeGreaterThan(0);
  expect(text(story)).toContain(story.devices[0]!.target);
  expect(text(story)).toMatch(/libvirt 11\.3\.0.*all checks passed/);
});

test('one that was refused: each check with what was found and the fix', async () => {
  const story = await told('refused.v2.json');
  expect(story).toMatchObject({ outcome: 'failed', error: { type: ErrorType.PreCheck } });
  expect(story.error!.failedChecks!.length).toBeGreaterThan(0);
  const [check] = story.error!.failedChecks!;
  for (const words of [check!.found, check!.required, check!.fix]) {
    expect(text(story)).toContain(words);
    expect(storyPage(story)).toContain(words.replace(/'/g, '&#39;').replace(/"/g, '&#34;'));
  }
});

test('a split brain that a person has ended: what was seen, what was said, what was done', async () => {
  const story = await told('resolved-source.v2.json');
  expect(text(story)).toMatch(/a person is needed: split-brain/);
  expect(text(story)).toMatch(/» resolve \{"guestIsOn":"source"\} +Taken\./);
  expect(text(story)).toMatch(/✓ destroy on host-b/);
  expect(text(story)).toMatch(/✗ migrate to host-b .*MigrationFailed|OutcomeUnknown/);
});

test('one that was aborted by the workflow’s cancellation', async () => {
  const story = await told('aborted.v2.json');
  expect(story).toMatchObject({ outcome: 'aborted', error: { type: ErrorType.Aborted } });
  expect(text(story)).toContain('an abort was asked for');
});

test('one that is under way is told so far', async () => {
  const history = historyOf('done.v2.json');
  const begun = (history.events ?? []).findIndex(({ activityTaskStartedEventAttributes }) =>
    Boolean(activityTaskStartedEventAttributes),
  );
  const story = await told('', { ...history, events: history.events!.slice(0, begun + 1) });
  expect(story).toMatchObject({ outcome: 'under way', endedAt: null, facts: null });
  expect(story.chapters).toEqual([expect.objectContaining({ step: 'inspectSource', outcome: 'under way' })]);
  expect(storyPage(story)).toContain('bar-under-way');
});

test('what cannot be decoded is left out, and the rest is told', async () => {
  const story = await told('done.v2.json', undefined, () => Promise.reject(new Error('no key')));
  expect(story).toMatchObject({ guest: GUEST, source: '?', outcome: 'done', result: null });
  expect(text(story)).toContain('inspectSource');
});

test('names are shown as text on the page, never as markup', async () => {
  const story = { ...(await told('done.v2.json')), guestName: '<script>alert(1)</script>' };
  expect(storyPage(story)).not.toContain('<script>');
});

test.each(
  readdirSync(HISTORIES).filter(
    (name) => !name.startsWith('sweep') && !name.startsWith('swept') && name.endsWith('.json'),
  ),
)('%s is told to its end', async (name) => {
  const story = await told(name);
  expect(story.endedAt).not.toBeNull();
  expect(story.chapters.filter((chapter) => chapter.kind === 'step').length).toBeGreaterThan(0);
  expect(text(story)).not.toMatch(/undefined|\[object/);
  expect(storyPage(story)).not.toMatch(/undefined|NaN|\[object/);
});
