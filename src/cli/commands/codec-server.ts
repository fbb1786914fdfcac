/** `vgpu-ferry codec-server`: decrypts for Temporal's Web UI and CLI. */
import type { Command } from 'commander';
import {
  type CodecServerOptions,
  CodecServerSettingsError,
  codecServerSettings,
  startCodecServer,
} from '../../codec-server';
import { AesGcmCodec, CODEC_KEYS_VARIABLE, codecKeysFile, readKeyring } from '../../temporal/codec';
import { UsageError } from '../errors';
import { createLog } from '../logging';
import { untilSignal } from '../signals';

const HELP = `
The keys are those of ${CODEC_KEYS_VARIABLE}. Whoever can ask it can have everything decrypted: it listens on this machine
alone unless it is told otherwise, and then only with TLS and a token.

Examples:
  vgpu-ferry codec-server --origin http://localhost:8233
  temporal workflow show --workflow-id live-migrate:<guest uuid> --codec-endpoint http://127.0.0.1:8081

In the Web UI: the glasses icon, "Codec Server", http://127.0.0.1:8081. For all of its users: codec.endpoint in its
configuration, or TEMPORAL_CODEC_ENDPOINT.

Exit status: 0 ended by a signal; 2 usage, or keys that cannot be used; 5 the address cannot be listened on.`;

export function addCodecServerCommand(program: Command): void {
  program
    .command('codec-server')
    .summary("decrypt for Temporal's Web UI and CLI")
    .description(
      "Serves /decode to Temporal's Web UI and CLI until it is told to end, so that people can read what is encrypted.",
    )
    .option('--listen <address:port>', 'where to listen', '127.0.0.1:8081')
    .option(
      '--origin <origin>',
      'a Web UI that may ask, such as https://temporal.example; more than once',
      gather,
      [],
    )
    .option('--tls-cert <file>', 'certificate (PEM), with those between it and its authority')
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--token-file <file>', 'file with a token that who asks has to send as "Authorization: Bearer"')
    .option('--allow-encode', 'serve /encode too: who asks may make payloads that count as ours')
    .option('--allow-plain', 'without TLS also where that is not this machine alone')
    .option('--allow-anyone', 'without a token also where that is not this machine alone')
    .addHelpText('after', HELP)
    .action(serve);
}

async function serve(options: CodecServerOptions): Promise<void> {
  const file = codecKeysFile();
  if (file === undefined) throw new UsageError(`There are no keys: set ${CODEC_KEYS_VARIABLE}.`);
  const settings = settingsOf(options);
  const ring = readKeyring(file);
  const log = createLog('codec-server');
  const server = await startCodecServer(settings, new AesGcmCodec(ring), log);
  const { origins, token, encodes } = settings;
  log.info(
    { url: server.url, origins: [...origins], token: token !== null, encodes, keys: [...ring.keys.keys()] },
    'codec server ready',
  );
  const signal = await untilSignal();
  await server.close();
  log.info({ signal }, 'codec server stopped');
}

function settingsOf(options: CodecServerOptions): ReturnType<typeof codecServerSettings> {
  try {
    return codecServerSettings(options);
  } catch (error) {
    throw error instanceof CodecServerSettingsError ? new UsageError(error.message) : error;
  }
}

function gather(origin: string, before: string[]): string[] {
  return [...before, origin];
}
