/** Where Temporal is, by its own settings (TEMPORAL_* variables, profiles in temporal.toml), and connections made from them. */
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnection } from '@temporalio/worker';

/** What Temporal's own tools assume when nothing is set. */
const DEFAULT_ADDRESS = 'localhost:7233';
const DEFAULT_NAMESPACE = 'default';

/** Long enough for a far server's TLS handshake, short enough for a person at a prompt. */
const CONNECT_TIMEOUT_MS = 5_000;

export interface TemporalSettings {
  address: string;
  namespace: string;
  connection: ReturnType<typeof loadClientConnectConfig>['connectionOptions'];
}

/** Settings that cannot be read: an unknown profile, a broken file, a missing certificate. */
export class TemporalSettingsError extends Error {
  override readonly name = 'TemporalSettingsError';
}

/** No usable answer from the server within the limit. */
export class TemporalUnreachableError extends Error {
  override readonly name = 'TemporalUnreachableError';
  constructor(
    readonly address: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `No Temporal server answers at ${address}: ${reason}. Check that it runs and that this machine can reach it; ` +
        'TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS_*, TEMPORAL_API_KEY or TEMPORAL_PROFILE say where it is.',
      options,
    );
  }
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
  };
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
  const connection = await withinLimit(settings.address, () =>
    Connection.connect({ ...options, connectTimeout: CONNECT_TIMEOUT_MS }),
  );
  return new Client({ connection, namespace: settings.namespace });
}

/** A connection for the workers of this process; close it when they have ended. */
export async function connectWorker(
  settings: TemporalSettings = temporalSettings(),
): Promise<NativeConnection> {
  // Loaded here, so that commands which only need a client start without the native library.
  const { NativeConnection } = await import('@temporalio/worker');
  return withinLimit(settings.address, () => NativeConnection.connect(settings.connection));
}

/** The native connect knows no limit of its own: a host that drops packets would hold it for minutes. */
async function withinLimit<T extends { close(): Promise<void> }>(
  address: string,
  connect: () => Promise<T>,
): Promise<T> {
  const pending = connect();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    const seconds = CONNECT_TIMEOUT_MS / 1000;
    timer = setTimeout(() => reject(new Error(`nothing within ${seconds} s`)), CONNECT_TIMEOUT_MS + 500);
  });
  try {
    return await Promise.race([pending, limit]);
  } catch (error) {
    // One that succeeds after all must not stay open.
    pending.then((late) => late.close()).catch(() => undefined);
    throw new TemporalUnreachableError(address, textOf(error), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
