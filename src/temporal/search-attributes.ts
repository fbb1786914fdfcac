/** The search attribute by which migrations that need a person are found; made at the orchestrator's start if it may. */
import type { Client } from '@temporalio/client';
import { ATTENTION_ATTRIBUTE } from '../contract';

/** IndexedValueType in Temporal's API. */
const KEYWORD = 2;

interface Service {
  connection: Client['connection'];
  namespace: string;
}

/** False also when the server does not say: whoever asks then does without. */
export async function attentionAttributeExists({ connection, namespace }: Service): Promise<boolean> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return Number(customAttributes[ATTENTION_ATTRIBUTE]) === KEYWORD;
  } catch {
    return false;
  }
}

/** Creates it unless it is there. What hinders that is told with its mend; nothing else depends on it. */
export async function ensureAttentionAttribute(service: Service): Promise<string | null> {
  if (await attentionAttributeExists(service)) return null;
  try {
    await service.connection.operatorService.addSearchAttributes({
      namespace: service.namespace,
      searchAttributes: { [ATTENTION_ATTRIBUTE]: KEYWORD },
    });
    return null;
  } catch (error) {
    return (
      `The search attribute ${ATTENTION_ATTRIBUTE} could not be created in namespace ${service.namespace}: ${String(error)}. ` +
      `Migrations that need a person can't be listed by it until somebody with the right runs: ` +
      createAttributeCommand(service.namespace)
    );
  }
}

/** For a person with the right to do it. */
export function createAttributeCommand(namespace: string): string {
  return `temporal operator search-attribute create --namespace ${namespace} --name ${ATTENTION_ATTRIBUTE} --type Keyword`;
}
