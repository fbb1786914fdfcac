/** What this machine shows and hides from Temporal: its client certificate, and the keys of the payload codec. */
import { X509Certificate } from 'node:crypto';
import { CODEC_KEYS_VARIABLE, CodecKeysError, readKeyring } from '../temporal/codec';
import type { TemporalSettings } from '../temporal/connection';
import { type Finding, fail, ok } from './finding';
import { judgeValidity } from './pem';

export function lookAtAccess(settings: TemporalSettings, now = new Date()): Finding[] {
  return [...lookAtClientCertificate(settings.connection, now), lookAtCodecKeys(settings.codecKeys)];
}

function lookAtClientCertificate({ tls }: TemporalSettings['connection'], now: Date): Finding[] {
  const pair = typeof tls === 'object' ? tls?.clientCertPair : undefined;
  if (pair === undefined) return [];
  const subject = 'client certificate';
  try {
    const certificate = new X509Certificate(Buffer.from(pair.crt));
    // a process reads it at its start: a renewed one is of no use to one that runs
    const renew = 'Renew it, and restart what uses it: agent, orchestrator.';
    const file = certificate.subject.replaceAll('\n', ', ');
    return [judgeValidity({ subject, file, renew }, certificate, now)];
  } catch {
    return [fail(subject, 'is no PEM file', 'Correct TEMPORAL_TLS_CLIENT_CERT_PATH.')];
  }
}

function lookAtCodecKeys(file: string | undefined): Finding {
  const subject = 'payload codec';
  if (file === undefined)
    return ok(
      subject,
      `off (no ${CODEC_KEYS_VARIABLE}): nothing is encrypted here, and nothing that is can be read`,
    );
  try {
    const { keys, encryptsWith } = readKeyring(file);
    const use = encryptsWith === null ? 'only decrypts' : `"${encryptsWith}" encrypts`;
    return ok(subject, `${file}: ${keys.size} key(s), ${use}`);
  } catch (error) {
    if (!(error instanceof CodecKeysError)) throw error;
    return fail(subject, error.message.slice(0, -error.fix.length).trim(), error.fix);
  }
}
