/** Where Temporal is, by its own settings (TEMPORAL_* variables, profiles in temporal.toml), and connections made from them. */
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnection } from '@temporalio/worker';
import { codecKeysFile, dataConverterWith, keyringOf } from './codec';
import {
  NamespaceUnknownError,
  TemporalRefusedError,
  TemporalSettingsError,
  TemporalUnreachableError,
} from './connect-errors';
import { diagnose } from './diagnosis';
import { isNotFound, refusalOf } from './refusal';

/** What Temporal's own tools assume when nothing is set. */
const DEFAULT_ADDRESS = 'localhost:7233';
const DEFAULT_NAMESPACE = 'default';

/** Long enough for a far server's TLS handshake and a busy host (5 s were too few on emulated ones), short enough for a person at a prompt. */
const CONNECT_TIMEOUT_MS = 10_000;

export interface TemporalSettings {
  address: string;
  namespace: string;
  connection: ReturnType<typeof loadClientConnectConfig>['connectionOptions'];
  /** File with the keys of the payload codec; undefined: none. */
  codecKeys: string | undefined;
}

/** What a command line may set over the environment and the profile. */
export interface SettingsOverride {
  address?: string;
  namespace?: string;
  profile?: string;
}

/** Reads the settings; opens nothing. */
export function temporalSettings(
  override: SettingsOverride = {},
  env: NodeJS.ProcessEnv = process.env,
): TemporalSettings {
  const { connectionOptions, namespace } = load(override.profile, env);
  const address = override.address ?? connectionOptions.address ?? DEFAULT_ADDRESS;
  return {
    address,
    namespace: override.namespace ?? namespace ?? DEFAULT_NAMESPACE,
    connection: { ...connectionOptions, address },
    codecKeys: codecKeysFile(env),
  };
}

/** How payloads are written and read; reads the keys, and throws CodecKeysError if they can't be used. */
export function dataConverterOf({ codecKeys }: TemporalSettings): DataConverter {
  return dataConverterWith(keyringOf(codecKeys));
}

function load(
  profile: string | undefined,
  env: NodeJS.ProcessEnv,
): ReturnType<typeof loadClientConnectConfig> {
  // Container tools hand over unset variables as empty ones; an empty API key would switch TLS on.
  const set = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]));
  try {
    return loadClientConnectConfig({
      ...(profile !== undefined && { profile }),
      overrideEnvVars: Object.fromEntries(set),
    });
  } catch (error) {
    throw new TemporalSettingsError(`Temporal's settings cannot be used: ${textOf(error)}`, { cause: error });
  }
}

/** A client; close it with `client.connection.close()`. */
export async function connectClient(settings: TemporalSettings = temporalSettings()): Promise<Client> {
  const options = settings.connection as ConnectionOptions;
  const dataConverter = dataConverterOf(settings);
  const connection = await withinLimit(settings, () =>
    Connection.connect({ ...options, connectTimeout: CONNECT_TIMEOUT_MS }),
  );
  return new Client({ connection, namespace: settings.namespace, dataConverter });
}

/** A connection for the workers of this process, in a namespace that is there; close it when they have ended. */
export async function connectWorker(
  settings: TemporalSettings = temporalSettings(),
): Promise<NativeConnection> {
  // Loaded here, so that commands which only need a client start without the native library.
  const { NativeConnection } = await import('@temporalio/worker');
  const connection = await withinLimit(settings, () => NativeConnection.connect(settings.connection));
  try {
    await requireNamespace(connection, settings);
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** A worker would find out by itself, in words that nobody understands. */
async function requireNamespace(connection: NativeConnection, settings: TemporalSettings): Promise<void> {
  const { namespace } = settings;
  try {
    await connection.withDeadline(Date.now() + CONNECT_TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } catch (error) {
    if (isNotFound(error)) throw new NamespaceUnknownError(namespace);
    const refused = refusedError(settings, error);
    if (refused !== null) throw refused;
  }
}

/** The native connect knows no limit of its own: a host that drops packets would hold it for minutes. */
async function withinLimit<T extends { close(): Promise<void> }>(
  settings: TemporalSettings,
  connect: () => Promise<T>,
): Promise<T> {
  let pending: Promise<T> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    const seconds = CONNECT_TIMEOUT_MS / 1000;
    timer = setTimeout(() => reject(new Error(`nothing within ${seconds} s`)), CONNECT_TIMEOUT_MS + 500);
  });
  try {
    pending = connect(); // may throw at once, of a certificate that is none
    return await Promise.race([pending, limit]);
  } catch (error) {
    // One that succeeds after all must not stay open.
    pending?.then((late) => late.close()).catch(() => undefined);
    throw refusedError(settings, error) ?? (await unreachableError(settings, error));
  } finally {
    clearTimeout(timer);
  }
}

function refusedError(settings: TemporalSettings, error: unknown): TemporalRefusedError | null {
  const said = refusalOf(error);
  if (said === null) return null;
  const { address, connection } = settings;
  const showsKey = connection.apiKey !== undefined;
  return new TemporalRefusedError(address, withoutKey(said, settings), showsKey);
}

async function unreachableError(
  settings: TemporalSettings,
  error: unknown,
): Promise<TemporalUnreachableError> {
  const { address } = settings;
  const reason = await diagnose(settings);
  if (reason !== null) return new TemporalUnreachableError(address, reason.found, reason.fix || undefined);
  return new TemporalUnreachableError(address, withoutKey(textOf(error), settings));
}

/** A library that complains of the key quotes it. */
function withoutKey(text: string, { connection: { apiKey } }: TemporalSettings): string {
  return typeof apiKey === 'string' && apiKey !== '' ? text.replaceAll(apiKey, '(the API key)') : text;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
