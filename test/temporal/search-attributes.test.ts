/** The attention attribute: made where it is missing, and done without where it may not be made. */
import { ATTENTION_ATTRIBUTE } from '../../src/contract';
import { attentionAttributeExists, ensureAttentionAttribute } from '../../src/temporal/search-attributes';
import { useTemporalServer } from '../support/temporal-server';

const server = useTemporalServer();

const service = (namespace = 'default'): Parameters<typeof attentionAttributeExists>[0] => ({
  connection: server.env.connection,
  namespace,
});

test('is created if the namespace lacks it; once it is there, nothing is done', async () => {
  const { operatorService } = server.env.connection;
  await operatorService.removeSearchAttributes({
    namespace: 'default',
    searchAttributes: [ATTENTION_ATTRIBUTE],
  });
  expect(await attentionAttributeExists(service())).toBe(false);
  expect(await ensureAttentionAttribute(service())).toBeNull();
  expect(await attentionAttributeExists(service())).toBe(true);

  const add = jest.spyOn(operatorService, 'addSearchAttributes');
  expect(await ensureAttentionAttribute(service())).toBeNull();
  expect(add).not.toHaveBeenCalled();
});

test('where it cannot be created, the command that creates it is told', async () => {
  expect(await attentionAttributeExists(service('nowhere'))).toBe(false);
  expect(await ensureAttentionAttribute(service('nowhere'))).toMatch(
    /could not be created in namespace nowhere.*temporal operator search-attribute create --namespace nowhere --name VgpuFerryAttention --type Keyword/s,
  );
});
