/** How a connection to Temporal fails: nobody there, refused, wrong namespace, settings that cannot be used; each with what to do. */

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
    fix = 'Check that it runs and that this machine can reach it; ' +
      'TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS_*, TEMPORAL_API_KEY or TEMPORAL_PROFILE say where it is.',
    options?: ErrorOptions,
  ) {
    super(`No Temporal server answers at ${address}: ${reason}. ${fix}`, options);
  }
}

/** A server has answered, and does not want us. */
export class TemporalRefusedError extends Error {
  override readonly name = 'TemporalRefusedError';
  constructor(
    readonly address: string,
    /** The server's words. */
    said: string,
    showsKey: boolean,
    options?: ErrorOptions,
  ) {
    super(
      `Temporal at ${address} refuses this client: ${said}. ` +
        (showsKey
          ? 'The API key (TEMPORAL_API_KEY, or api_key of the profile) may be wrong, expired, or without the right to this namespace.'
          : 'It wants an API key (TEMPORAL_API_KEY), or another client certificate (TEMPORAL_TLS_CLIENT_CERT_PATH), or this one has not the right to this namespace.'),
      options,
    );
  }
}

export class NamespaceUnknownError extends Error {
  override readonly name = 'NamespaceUnknownError';
  constructor(namespace: string) {
    super(`Temporal has no namespace ${JSON.stringify(namespace)}. ${makeNamespace(namespace)}`);
  }
}

export function makeNamespace(namespace: string): string {
  return `Set TEMPORAL_NAMESPACE, or make it: temporal operator namespace create --namespace ${namespace} --retention 30d`;
}
