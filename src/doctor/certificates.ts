/** libvirt's certificates for connections between hosts: there, of one authority, and valid long enough. */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Finding, fail, ok, textOf, warn } from './finding';

/** Where libvirt looks for them, from its documentation of TLS; a daemon may be told otherwise in its own settings. */
const AUTHORITY = 'etc/pki/CA/cacert.pem';
const ROLES = [
  {
    role: 'client',
    purpose: "to open peers' libvirt",
    certificate: 'etc/pki/libvirt/clientcert.pem',
    key: 'etc/pki/libvirt/private/clientkey.pem',
  },
  {
    role: 'server',
    purpose: 'for peers that open this one',
    certificate: 'etc/pki/libvirt/servercert.pem',
    key: 'etc/pki/libvirt/private/serverkey.pem',
  },
] as const;

const DAY_MS = 86_400_000;
/** Time enough for a person to renew one. */
const WARN_BEFORE_DAYS = 30;

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const MAKE_ONE = 'Make one: https://libvirt.org/kbase/tlscerts.html, and restart libvirt.';

type Read = { text: string } | { missing: true } | { unreadable: string };

export async function lookAtCertificates(root: string, now = new Date()): Promise<Finding[]> {
  const read = (file: string): Promise<Read> => readPem(path.join(root, file));
  const authority = await read(AUTHORITY);
  const authorities = 'text' in authority ? certificatesIn(authority.text) : [];
  const roles = ROLES.map(async ({ role, purpose, certificate, key }) => {
    const subject = `TLS ${role} certificate`;
    const file = `/${certificate}`;
    const pem = await read(certificate);
    if ('missing' in pem) return fail(subject, `${file} is missing (${purpose})`, MAKE_ONE);
    if ('unreadable' in pem)
      return fail(subject, `${file}: ${pem.unreadable}`, 'Let the agent’s user read it.');
    const name = role === 'server' ? os.hostname() : null;
    const facts = { pem: pem.text, authorities, key: await read(key), name, now };
    return judgeCertificate(subject, file, { ...facts, readsKey: role === 'client' });
  });
  return [judgeAuthority(authority, authorities, now), ...(await Promise.all(roles))];
}

function judgeAuthority(read: Read, authorities: readonly X509Certificate[], now: Date): Finding {
  const subject = 'TLS authority';
  const file = `/${AUTHORITY}`;
  if ('missing' in read) return fail(subject, `${file} is missing`, MAKE_ONE);
  if ('unreadable' in read)
    return fail(subject, `${file}: ${read.unreadable}`, "Let the agent's user read it.");
  if (authorities.length === 0) return fail(subject, `${file} has no certificate`, MAKE_ONE);
  return judgeValidity(subject, file, authorities[0]!, now);
}

export interface CertificateFacts {
  /** The certificate, and those between it and its authority. */
  pem: string;
  authorities: readonly X509Certificate[];
  key: Read;
  /** This user has to read the key; the server's is the daemon's alone. */
  readsKey: boolean;
  /** A name that it should be valid for. */
  name: string | null;
  now: Date;
}

export function judgeCertificate(
  subject: string,
  file: string,
  { pem, authorities, key, readsKey, name, now }: CertificateFacts,
): Finding {
  const [certificate, ...between] = certificatesIn(pem);
  if (certificate === undefined) return fail(subject, `${file} has no certificate`, MAKE_ONE);
  if (!hasIssuer(certificate, [...between, ...authorities]))
    return fail(
      subject,
      `${file} was issued by ${oneLine(certificate.issuer)}, which is not the authority in /${AUTHORITY}`,
      'All hosts need certificates of one authority.',
    );
  if ('missing' in key) return fail(subject, `${file} is there, its private key is not`, MAKE_ONE);
  if (readsKey && 'unreadable' in key)
    return fail(
      subject,
      `${file}: this user cannot read its private key (${key.unreadable})`,
      'Give its group the key: chgrp vgpu-ferry, mode 0640; and its folder, mode 0750.',
    );
  if ('text' in key && !fits(certificate, key.text))
    return fail(
      subject,
      `${file} does not belong to its private key`,
      'Put the two that belong together there.',
    );
  const validity = judgeValidity(subject, file, certificate, now);
  if (validity.verdict !== 'ok') return validity;
  if (name !== null && certificate.checkHost(name) === undefined)
    return warn(
      subject,
      `${file} is valid for ${certificate.subjectAltName ?? oneLine(certificate.subject)}, not for ${name}`,
      "Peers have to name this host by a name that stands in it: see their agents' peers.",
    );
  return validity;
}

export function judgeValidity(
  subject: string,
  file: string,
  certificate: X509Certificate,
  now: Date,
): Finding {
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  const until = to.toISOString().slice(0, 10);
  if (now < from)
    return fail(subject, `${file} is not valid before ${from.toISOString()}`, "Check this host's clock.");
  if (now > to) return fail(subject, `${file} expired on ${until}`, 'Renew it, and restart libvirt.');
  const days = Math.floor((to.getTime() - now.getTime()) / DAY_MS);
  if (days < WARN_BEFORE_DAYS)
    return warn(subject, `${file} expires on ${until}, in ${days} days`, 'Renew it, and restart libvirt.');
  return ok(subject, `${file}, valid until ${until}`);
}

function certificatesIn(pem: string): X509Certificate[] {
  try {
    return (pem.match(BLOCK) ?? []).map((block) => new X509Certificate(block));
  } catch {
    return [];
  }
}

function hasIssuer(certificate: X509Certificate, others: readonly X509Certificate[]): boolean {
  return others.some((other) => certificate.checkIssued(other) && certificate.verify(other.publicKey));
}

function fits(certificate: X509Certificate, key: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

const oneLine = (name: string): string => name.replaceAll('\n', ', ');

async function readPem(file: string): Promise<Read> {
  try {
    return { text: await readFile(file, 'utf8') };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? { missing: true }
      : { unreadable: textOf(error) };
  }
}
