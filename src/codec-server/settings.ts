/** What a codec server is told, and what of it is too open to be meant. */
import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';

/** As on the command line. */
export interface CodecServerOptions {
  listen: string;
  origin: string[];
  tlsCert?: string;
  tlsKey?: string;
  tokenFile?: string;
  allowEncode?: boolean;
  allowPlain?: boolean;
  allowAnyone?: boolean;
}

export interface CodecServerSettings {
  host: string;
  port: number;
  /** Origins of Web UIs that may ask: scheme, name and port, as browsers send them. */
  origins: ReadonlySet<string>;
  tls: { cert: Buffer; key: Buffer } | null;
  /** Who asks has to send it as `Authorization: Bearer`; null: nobody is asked for one. */
  token: string | null;
  encodes: boolean;
}

/** Wrong, or too open; nothing was started. */
export class CodecServerSettingsError extends Error {
  override readonly name = 'CodecServerSettingsError';
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** A token that can be guessed is none. */
const TOKEN_LEAST = 16;

export function codecServerSettings(options: CodecServerOptions): CodecServerSettings {
  const { host, port } = addressOf(options.listen);
  const settings = {
    ...{ host, port, origins: new Set(options.origin.map(originOf)) },
    ...{ tls: tlsOf(options), token: tokenOf(options), encodes: options.allowEncode === true },
  };
  if (!isLoopback(host)) refuseOpen(settings, options);
  return settings;
}

/** Whoever can ask a codec server can read all of it. */
function refuseOpen({ host, tls, token }: CodecServerSettings, options: CodecServerOptions): void {
  if (tls === null && !options.allowPlain)
    throw new CodecServerSettingsError(
      `${host} is not a loopback address, and without TLS everybody on the way could read what is decrypted. ` +
        'Give --tls-cert and --tls-key, or, if a proxy in front speaks TLS, --allow-plain.',
    );
  if (token === null && !options.allowAnyone)
    throw new CodecServerSettingsError(
      `${host} is not a loopback address, and whoever reaches it could have everything decrypted. ` +
        'Give --token-file, or, if a proxy in front checks who asks, --allow-anyone.',
    );
}

export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return host === 'localhost' || (family !== 0 && LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4'));
}

function addressOf(listen: string): { host: string; port: number } {
  const found = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:]+)):(?<port>\d+)$/.exec(listen)?.groups;
  const port = Number(found?.port);
  if (found === undefined || port > 65_535)
    throw new CodecServerSettingsError(
      `--listen ${listen}: required <address>:<port>, such as 127.0.0.1:8081 or [::1]:8081`,
    );
  return { host: found.v6 ?? found.host!, port };
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.origin !== text.replace(/\/$/, ''))
    throw new CodecServerSettingsError(
      `--origin ${text}: required scheme, name and port of the Web UI, such as https://temporal.example`,
    );
  return url.origin;
}

function tlsOf({ tlsCert, tlsKey }: CodecServerOptions): CodecServerSettings['tls'] {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new CodecServerSettingsError('--tls-cert and --tls-key belong together');
  return { cert: read('--tls-cert', tlsCert), key: read('--tls-key', tlsKey) };
}

function tokenOf({ tokenFile }: CodecServerOptions): string | null {
  if (tokenFile === undefined) return null;
  const token = read('--token-file', tokenFile).toString('utf8').trim();
  if (token.length < TOKEN_LEAST)
    throw new CodecServerSettingsError(
      `--token-file ${tokenFile}: ${token.length} characters; required ${TOKEN_LEAST} or more. Make one: openssl rand -hex 32`,
    );
  return token;
}

function read(option: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CodecServerSettingsError(`${option}: ${(error as Error).message}`);
  }
}
