/** A whole migration with the codec on: what Temporal keeps of it, who can read it, and what happens to who cannot. */
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { storyText } from '../../src/cli/render-report';
import { ErrorType, PROGRESS_QUERY } from '../../src/contract';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { readStory } from '../../src/report';
import { NO_KEYS, dataConverterWith, unreadableIn } from '../../src/temporal/codec';
import { dryRun } from '../../src/temporal/dry-run';
import { askHosts } from '../../src/temporal/hosts';
import { listMigrations } from '../../src/temporal/list-migrations';
import { type MigrationHandle, findGuest } from '../../src/temporal/migrations';
import { decoder } from '../../src/temporal/payloads';
import { snapshot } from '../../src/temporal/snapshot';
import { failureOf } from '../support/failures';
import { type Ferry, useFerry } from '../support/ferry';
import { until } from '../support/until';
import { newKey, useKeyFiles } from './keys';

const files = useKeyFiles();
const [k1, k2] = [
  { id: 'k1', key: newKey() },
  { id: 'k2', key: newKey() },
];
const encrypting = files.converter({ keys: [k1] });
const keyless = dataConverterWith(NO_KEYS);
let ferry: Ferry;
useFerry((made) => (ferry = made), { dataConverter: encrypting });

const guest = SAMPLE_GUEST.uuid;

test('all of it is encrypted, and the readers with the key read it', async () => {
  await findGuest(ferry.client, 'host-a', SAMPLE_GUEST.name);
  expect(await dryRun(ferry.client, { guest, source: 'host-a', destination: 'host-b' })).toMatchObject({
    ready: true,
  });
  expect((await askHosts(ferry.client, ['host-b']))[0]).toMatchObject({ answers: true });
  const handle = await ferry.migrate({ guest });
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });

  const json = historyToJSON(await handle.fetchHistory());
  const kept = plainPayloads(JSON.parse(json));
  expect(kept).toEqual([]);
  for (const said of [SAMPLE_GUEST.name, 'check host-a', 'sim://']) expect(json).not.toContain(said);

  const [listed] = await listOf(ferry.client);
  expect(listed).toMatchObject({ source: 'host-a', destination: 'host-b', unread: null });
  const story = await storyOf(handle, ferry.client);
  expect(story).toMatchObject({ outcome: 'done', guestName: SAMPLE_GUEST.name, unread: null });
  expect(storyText(story)).toContain('check host-a');
});

test('a failure: its words are encrypted too, and told to who has the key', async () => {
  const missing = '6a1b2c3d-0000-4000-8000-0000000000aa';
  const handle = await ferry.migrate({ guest: missing });
  const failure = await failureOf(handle);
  expect(failure).toMatchObject({ type: ErrorType.GuestNotFound });
  expect(failure.message).toContain(missing);
  const json = historyToJSON(await handle.fetchHistory());
  expect(json).toContain('Encoded failure');
  const [words] = / on host-a\. See/.exec(failure.message)!;
  expect(json).not.toContain(words);
  const story = await storyOf(handle, ferry.client);
  expect(story.error!.message).toBe(failure.message);
  expect(story.chapters).toContainEqual(
    expect.objectContaining({ step: 'inspectSource', said: expect.stringContaining(words) }),
  );
  expect((await listOf(ferry.client))[0]!.error).toMatchObject({ message: failure.message });
});

test('a migration under way is seen by who has the key; who has not is told which is missing', async () => {
  const [, handle] = await ferry.endlessMigration();
  await until(async () => (await snapshot(handle)).job?.phase === 'pre-copy');
  expect(await snapshot(handle)).toMatchObject({
    progress: { stage: 'migrate' },
    job: { iteration: expect.any(Number) },
  });

  const stranger = ferry.clientWith(keyless);
  const same: MigrationHandle = stranger.workflow.getHandle(handle.workflowId);
  await expect(snapshot(same)).rejects.toThrow(/encrypted with key "k1"/);
  const lookedUp = await findGuest(stranger, 'host-a', SAMPLE_GUEST.name).then(() => null, unreadableIn);
  expect(lookedUp?.message).toMatch(/encrypted with key "k1"/);
  expect(await askHosts(stranger, ['host-a'])).toEqual([
    {
      ...{ host: 'host-a', answers: false, fix: expect.stringContaining('same keys') },
      found: expect.stringMatching(/encrypted with key "k1"/),
    },
  ]);
  const [listed] = await listOf(stranger);
  expect(listed).toMatchObject({
    status: 'RUNNING',
    source: null,
    progress: null,
    unread: expect.stringMatching(/"k1"/),
  });

  await handle.cancel();
  await failureOf(handle);
  await expect(same.result()).rejects.toThrow();
  const story = await storyOf(same, stranger);
  expect(story).toMatchObject({
    outcome: 'aborted',
    source: '?',
    unread: { why: expect.stringMatching(/"k1"/) },
  });
  expect(storyText(story)).toMatch(/Left out, \d+ in number: .*key "k1"/);
});

test('an agent without the key: the migration fails before anything moves, saying which machine lacks which key', async () => {
  await ferry.stopAgent('host-b');
  ferry.dataConverter = keyless;
  await ferry.startAgent('host-b');
  const handle = await ferry.migrate({ guest });
  // the claim may have been made after all: its undo waits for that agent, and says why
  await until(async () => /releaseClaim has failed/.test((await snapshot(handle)).trouble ?? ''));
  expect((await snapshot(handle)).trouble).toMatch(/key "k1"; this process on .* has no keys/);
  expect((await ferry.fleet.snapshot()).jobs).toEqual([]);
  await restartAgent('host-b', encrypting);
  const failure = await failureOf(handle);
  expect(failure).toMatchObject({ type: ErrorType.PayloadUnreadable });
  expect(failure.message).toMatch(
    /claimOnDestination: A payload is encrypted with key "k1"; this process on .* has no keys/,
  );
  // whoever looks may lack the key too: this one failure stays readable
  expect(historyToJSON(await handle.fetchHistory())).toContain('is encrypted with key');
});

test('an agent with another key tells so in words that all can read', async () => {
  await ferry.stopAgent('host-a');
  ferry.dataConverter = files.converter({ keys: [k2] });
  await ferry.startAgent('host-a');
  const handle = await ferry.migrate({ guest });
  expect((await failureOf(handle)).message).toMatch(/key "k1"; this process on .* has "k2"/);
});

test('an orchestrator without the key fails its tasks, readably, and one with it goes on', async () => {
  await ferry.stopOrchestrators();
  ferry.dataConverter = keyless;
  await ferry.startOrchestrator();
  const handle = await ferry.migrate({ guest });
  await until(async () => (await taskFailures(handle)).length > 0);
  expect((await taskFailures(handle))[0]).toMatch(/encrypted with key "k1"; this process on .* has no keys/);
  await expect(handle.query(PROGRESS_QUERY)).rejects.toThrow();

  await ferry.stopOrchestrators();
  ferry.dataConverter = encrypting;
  await ferry.startOrchestrator();
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
});

test('a roll-out and a rotation, process by process, with migrations all the while', async () => {
  const plain = files.converter({ encrypt: false, keys: [k1] });
  const rotating = files.converter({ active: 'k1', keys: [k1, k2] });
  const rotated = files.converter({ active: 'k2', keys: [k1, k2] });
  const done = files.converter({ keys: [k2] });
  let [from, to] = ['host-a', 'host-b'];
  for (const step of [plain, encrypting, rotating, rotated, done]) {
    for (const change of [
      () => restartAgent('host-a', step),
      () => restartAgent('host-b', step),
      () => restartOrchestrator(step),
      async () => void (ferry.client = ferry.clientWith(step)),
    ]) {
      await change();
      const handle = await ferry.migrate({ guest, source: from, destination: to });
      expect(await handle.result()).toMatchObject({ runsOn: to });
      [from, to] = [to, from];
    }
  }
}, 240_000);

async function restartAgent(host: string, dataConverter: Ferry['dataConverter']): Promise<void> {
  await ferry.stopAgent(host);
  ferry.dataConverter = dataConverter;
  await ferry.startAgent(host);
}

async function restartOrchestrator(dataConverter: Ferry['dataConverter']): Promise<void> {
  await ferry.stopOrchestrators();
  ferry.dataConverter = dataConverter;
  await ferry.startOrchestrator();
}

/** Visibility follows after a moment. */
async function listOf(client: Ferry['client']): ReturnType<typeof listMigrations> {
  const filter = { running: false, attention: false, limit: 20 };
  await until(async () => (await listMigrations(client, filter)).length > 0);
  return listMigrations(client, filter);
}

async function storyOf(handle: MigrationHandle, client: Ferry['client']): ReturnType<typeof readStory> {
  const { workflowId, runId } = await handle.describe();
  return readStory({ workflowId, runId }, await handle.fetchHistory(), decoder(client));
}

async function taskFailures(handle: MigrationHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(
    ({ workflowTaskFailedEventAttributes: failed }) => failed?.failure?.message ?? [],
  );
}

/** Those of a history that are not encrypted, but for search attributes: where they stand, and their encoding. */
function plainPayloads(value: unknown, place = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { encoding } = (value as { metadata?: { encoding?: string } }).metadata ?? {};
  const here = encoding === undefined ? null : Buffer.from(encoding, 'base64').toString();
  return [
    ...(here === null || here === 'binary/encrypted' || place.includes('/searchAttributes/')
      ? []
      : [`${place}: ${here}`]),
    ...Object.entries(value).flatMap(([key, inner]) => plainPayloads(inner, `${place}/${key}`)),
  ];
}
