/**
 * Why a daemon's certificate was not accepted. libvirt's error says only that it was not, and its reason goes to a log; so
 * the certificate is looked at once more, over a connection that is used for nothing else.
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import os from 'node:os';
import { connect } from 'node:tls';
import { HypervisorError } from '../port';
import { VIR_ERR_AUTH_FAILED, VIR_FROM_RPC } from './constants';

/** libvirt's for TLS, unless the URI has another. */
const TLS_PORT = 16_514;
const LIMIT_MS = 5_000;
/** A self-signed one is its own issuer. */
const LONGEST_CHAIN = 8;

/** The error as it is, or with the reason added to its words. */
export async function withReason(error: unknown, uri: string): Promise<unknown> {
  if (!(error instanceof HypervisorError)) return error;
  const { message, code, domain, connectionLost } = error;
  if (code !== VIR_ERR_AUTH_FAILED || domain !== VIR_FROM_RPC) return error;
  const reasons = await reasonsOf(uri).catch(() => []);
  if (reasons.length === 0) return error;
  return new HypervisorError(`${message} (${reasons.join('; ')})`, code, domain, connectionLost);
}

async function reasonsOf(uri: string): Promise<string[]> {
  const { hostname, port, searchParams } = new URL(uri);
  const name = hostname.replace(/^\[(.*)\]$/, '$1');
  const shown = await certificateOf(name, port === '' ? TLS_PORT : Number(port));
  const authority = await readAuthority(searchParams.get('pkipath'));
  return judge(shown, name, authority, new Date());
}

/** A file with the certificates of whom to believe. */
export interface Authority {
  file: string;
  pem: string;
}

export function judge(
  certificate: X509Certificate,
  name: string,
  authority: Authority | undefined,
  now: Date,
): string[] {
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  const isFor = isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name);
  return [
    ...(now > to ? [`it expired on ${day(to)}`] : []),
    ...(now < from && now <= to ? [`it is not valid before ${day(from)}`] : []),
    ...(isFor === undefined ? [`it is for ${namesOf(certificate)}, not for ${name}`] : []),
    ...(authority && !issuedBy(certificate, authority)
      ? [`it was issued by ${oneLine(certificate.issuer)}, which is not the authority in ${authority.file}`]
      : []),
  ];
}

function issuedBy(certificate: X509Certificate, { pem }: Authority): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  const authorities = blocks.map((block) => new X509Certificate(block));
  return chainOf(certificate).some((link) =>
    authorities.some((other) => link.checkIssued(other) && link.verify(other.publicKey)),
  );
}

/** With those between it and its authority, as far as they were sent along. */
function chainOf(certificate: X509Certificate): X509Certificate[] {
  const chain = [certificate];
  for (
    let issuer = certificate.issuerCertificate;
    issuer && chain.length < LONGEST_CHAIN;
    issuer = issuer.issuerCertificate
  )
    chain.push(issuer);
  return chain;
}

const namesOf = ({ subjectAltName, subject }: X509Certificate): string => subjectAltName ?? oneLine(subject);
const oneLine = (name: string): string => name.replaceAll('\n', ', ');
const day = (date: Date): string => date.toISOString().slice(0, 10);

/** Whatever it is: nothing is sent to whoever shows it. */
async function certificateOf(host: string, port: number): Promise<X509Certificate> {
  const servername = isIP(host) ? '' : host;
  const socket = connect({ host, port, servername, rejectUnauthorized: false, timeout: LIMIT_MS });
  try {
    return await new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('timeout', () => reject(new Error('no answer')));
      socket.once('secureConnect', () => {
        const shown = socket.getPeerX509Certificate();
        if (shown) resolve(shown);
        else reject(new Error('no certificate was shown'));
      });
    });
  } finally {
    socket.destroy();
  }
}

/** libvirt's own order: the URI's folder, the user's, the machine's. */
async function readAuthority(pkipath: string | null): Promise<Authority | undefined> {
  const own = `${os.userInfo().homedir}/.pki/libvirt/cacert.pem`;
  const files =
    pkipath === null
      ? [...(process.geteuid?.() === 0 ? [] : [own]), '/etc/pki/CA/cacert.pem']
      : [`${pkipath}/cacert.pem`];
  for (const file of files) {
    const pem = await readFile(file, 'utf8').catch(() => undefined);
    if (pem !== undefined) return { file, pem };
  }
  return undefined;
}
