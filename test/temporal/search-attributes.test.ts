/** The search attributes: made in a new namespace, told of in one that is being upgraded, done without where they may not be made. */
import { SEARCH_ATTRIBUTES } from '../../src/contract';
import {
  type Service,
  SearchAttributeTypeError,
  attentionAttributeExists,
  createSearchAttributes,
  keepingYes,
  missingSearchAttributes,
  prepareSearchAttributes,
  searchAttributesExist,
} from '../../src/temporal/search-attributes';
import { until } from '../support/until';
import { useTemporalServer } from '../support/temporal-server';

const server = useTemporalServer();
const NAMES = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);

const service = (namespace = 'default'): Service => ({ connection: server.env.connection, namespace });
const missing = async (): Promise<string[]> =>
  (await missingSearchAttributes(service())).map(({ name }) => name);

async function remove(...names: string[]): Promise<void> {
  await server.env.connection.operatorService.removeSearchAttributes({
    namespace: 'default',
    searchAttributes: names,
  });
  await until(async () => (await missing()).length === names.length);
}

beforeEach(async () => {
  await createSearchAttributes(service());
  await until(async () => (await missing()).length === 0);
});

test('a new namespace gets them all; once they are there, nothing is done', async () => {
  await remove(...NAMES);
  expect(await searchAttributesExist(service())).toBe(false);
  expect(await prepareSearchAttributes(service())).toBeNull();
  expect(await searchAttributesExist(service())).toBe(true);

  const add = jest.spyOn(server.env.connection.operatorService, 'addSearchAttributes');
  expect(await prepareSearchAttributes(service())).toBeNull();
  expect(await createSearchAttributes(service())).toEqual([]);
  expect(add).not.toHaveBeenCalled();
});

test('one that is being upgraded does not get them unasked: orchestrators of the version before may still run', async () => {
  await remove(SEARCH_ATTRIBUTES.phase.name, SEARCH_ATTRIBUTES.outcome.name);
  expect(await prepareSearchAttributes(service())).toMatch(
    /lacks the search attributes VgpuFerryPhase, VgpuFerryOutcome.*run: vgpu-ferry setup/s,
  );
  expect(await searchAttributesExist(service())).toBe(false);
  expect(await attentionAttributeExists(service())).toBe(true);
  expect((await createSearchAttributes(service())).map(({ name }) => name)).toEqual([
    'VgpuFerryPhase',
    'VgpuFerryOutcome',
  ]);
});

test('one of another type is not ours to replace', async () => {
  await remove(SEARCH_ATTRIBUTES.phase.name);
  const { operatorService } = server.env.connection;
  const phase = SEARCH_ATTRIBUTES.phase.name;
  await operatorService.addSearchAttributes({ namespace: 'default', searchAttributes: { [phase]: 4 } });
  await expect(createSearchAttributes(service())).rejects.toThrow(SearchAttributeTypeError);
  await expect(createSearchAttributes(service())).rejects.toThrow(
    /VgpuFerryPhase of another type; required: Keyword/,
  );
  expect(await searchAttributesExist(service())).toBe(false);
  await operatorService.removeSearchAttributes({ namespace: 'default', searchAttributes: [phase] });
});

test('where they cannot be created, the commands that create them are told', async () => {
  expect(await searchAttributesExist(service('nowhere'))).toBe(false);
  expect(await attentionAttributeExists(service('nowhere'))).toBe(false);
  expect(await prepareSearchAttributes(service('nowhere'))).toMatch(
    /could not be made in namespace nowhere.*temporal operator search-attribute create --namespace nowhere --name VgpuFerryGuest --type Keyword/s,
  );
});

test('yes is kept for a while, no is asked for again', async () => {
  const answers = [false, true, false];
  let [asked, time] = [0, 0];
  const ask = keepingYes(() => Promise.resolve(answers[asked++]!), { forMs: 1_000, now: () => time });
  expect([await ask(), await ask()]).toEqual([false, true]);
  time = 999;
  expect(await ask()).toBe(true);
  expect(asked).toBe(2);
  time = 1_000;
  expect(await ask()).toBe(false);
});
