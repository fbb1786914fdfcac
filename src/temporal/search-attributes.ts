/** The search attributes of migrations, as the namespace has them: which are there, and how the missing ones are made. */
import type { Client } from '@temporalio/client';
import { type SearchAttribute, ATTENTION_ATTRIBUTE, SEARCH_ATTRIBUTES } from '../contract';

/** IndexedValueType in Temporal's API. */
const INDEXED_VALUE_TYPE = { Keyword: 2, KeywordList: 7 } as const;

/** ALREADY_EXISTS of gRPC: somebody else has made it meanwhile. */
const ALREADY_EXISTS = 6;

/** Of gRPC. */
const INVALID_ARGUMENT = 3;

/** A migration begins only after this answer. */
const ANSWER_WITHIN_MS = 2_000;

const ALL: readonly SearchAttribute[] = Object.values(SEARCH_ATTRIBUTES);

export interface Service {
  connection: Client['connection'];
  namespace: string;
}

/** One is there, but of another type: only a person can know whose it is. */
export class SearchAttributeTypeError extends Error {
  override readonly name = 'SearchAttributeTypeError';
  constructor(namespace: string, { name, type }: SearchAttribute) {
    super(
      `Namespace ${namespace} has a search attribute ${name} of another type; required: ${type}. ` +
        `If nothing uses it: temporal operator search-attribute remove --namespace ${namespace} --name ${name}, then again.`,
    );
  }
}

/** Those that the namespace lacks. Rejects if the server does not tell. */
export async function missingSearchAttributes({
  connection,
  namespace,
}: Service): Promise<SearchAttribute[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing: SearchAttribute[] = [];
  for (const attribute of ALL) {
    const type = customAttributes[attribute.name];
    if (type === undefined) missing.push(attribute);
    else if (Number(type) !== INDEXED_VALUE_TYPE[attribute.type])
      throw new SearchAttributeTypeError(namespace, attribute);
  }
  return missing;
}

/** False also when the server does not say, or not soon: whoever asks then does without. */
export async function searchAttributesExist(service: Service): Promise<boolean> {
  const asked = (): Promise<SearchAttribute[]> => missingSearchAttributes(service);
  const missing = await service.connection
    .withDeadline(Date.now() + ANSWER_WITHIN_MS, asked)
    .catch(() => ALL);
  return missing.length === 0;
}

/** `ask`, or its last answer if that was yes and is not older than `forMs`: a short time, for a server can be replaced by a new one. */
export function keepingYes(
  ask: () => Promise<boolean>,
  { forMs, now = () => performance.now() }: { forMs: number; now?: () => number },
): () => Promise<boolean> {
  let yesUntil = -Infinity;
  return async () => {
    if (now() < yesUntil) return true;
    const since = now();
    const answer = await ask();
    if (answer) yesUntil = since + forMs;
    return answer;
  };
}

/** As `searchAttributesExist`, of the one by which migrations that need a person are found. */
export async function attentionAttributeExists(service: Service): Promise<boolean> {
  const missing = await missingSearchAttributes(service).catch(() => ALL);
  return missing.every(({ name }) => name !== ATTENTION_ATTRIBUTE);
}

/** Of a request that named one which the namespace does not know. */
export function lacksSearchAttributes(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: number; details?: string }) : undefined;
  return cause?.code === INVALID_ARGUMENT && /search ?attribute/i.test(cause.details ?? '');
}

/** Makes what is missing, and tells what it has made. Doing it again is harmless. */
export async function createSearchAttributes(service: Service): Promise<SearchAttribute[]> {
  const missing = await missingSearchAttributes(service);
  for (const { name, type } of missing) await create(service, name, INDEXED_VALUE_TYPE[type]);
  return missing;
}

async function create({ connection, namespace }: Service, name: string, type: number): Promise<void> {
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: { [name]: type } });
  } catch (error) {
    if ((error as { code?: number }).code !== ALREADY_EXISTS) throw error;
  }
}

/**
 * At an orchestrator's start. A namespace that has none of them is a new one, and gets them. One that has some is being
 * upgraded: they change what a migration's history holds, which orchestrators of the version before cannot read, so
 * it is for a person to say when the last of those has gone. Returns what to tell that person.
 */
export async function prepareSearchAttributes(service: Service): Promise<string | null> {
  try {
    const missing = await missingSearchAttributes(service);
    if (missing.length === 0) return null;
    if (missing.length < ALL.length) return upgradeNote(service.namespace, missing);
    await createSearchAttributes(service);
    return null;
  } catch (error) {
    return (
      `The search attributes could not be made in namespace ${service.namespace}: ${String(error)}. Migrations cannot ` +
      `be listed by them until somebody with the right runs: vgpu-ferry setup; or: ${createCommand(service.namespace)}`
    );
  }
}

function upgradeNote(namespace: string, missing: readonly SearchAttribute[]): string {
  const names = missing.map(({ name }) => name).join(', ');
  return (
    `Namespace ${namespace} lacks the search attributes ${names}. Migrations run without them. When every orchestrator ` +
    'is of this version, run: vgpu-ferry setup'
  );
}

/** For a person with the right to do it, with nothing of ours installed. */
export function createCommand(namespace: string, attributes: readonly SearchAttribute[] = ALL): string {
  const each = attributes.map(({ name, type }) => `--name ${name} --type ${type}`).join(' ');
  return `temporal operator search-attribute create --namespace ${namespace} ${each}`;
}
