/** Certificates in files: there, of the authority beside them, with their keys, and valid long enough. */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import path from 'node:path';
import { type Finding, fail, ok, textOf, warn } from './finding';

const DAY_MS = 86_400_000;
/** Time enough for a person to renew one. */
const WARN_BEFORE_DAYS = 30;

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

const MAKE_ONE = 'Make one, as docs/tls.md shows.';

/** A file by its absolute name, as people are told it. */
interface Place {
  subject: string;
  file: string;
  /** What has to be done for a new one to count. */
  renew: string;
}

export interface CertificatePlace extends Place {
  key: string;
  /** This user has to read the key; others' keys are none of its business. */
  readsKey: boolean;
  /** What it is needed for. */
  purpose: string;
  /** A name or address that it should be valid for; null = any will do. */
  name: string | null;
}

export interface Certificates {
  /** Folder in which all absolute names are looked up. */
  root: string;
  authority: Place;
  certificates: readonly CertificatePlace[];
  now: Date;
}

type Read = { text: string } | { missing: true } | { unreadable: string };

export async function lookAtFiles({ root, authority, certificates, now }: Certificates): Promise<Finding[]> {
  const read = (file: string): Promise<Read> => readPem(path.join(root, file));
  const ca = await read(authority.file);
  const authorities = 'text' in ca ? certificatesIn(ca.text) : [];
  const looks = certificates.map(async (place) =>
    judgeCertificate(place, {
      ...{ pem: await read(place.file), key: await read(place.key) },
      ...{ authority, authorities, now },
    }),
  );
  return [judgeAuthority(authority, ca, authorities, now), ...(await Promise.all(looks))];
}

function judgeAuthority(
  place: Place,
  read: Read,
  authorities: readonly X509Certificate[],
  now: Date,
): Finding {
  const { subject, file } = place;
  if ('missing' in read) return fail(subject, `${file} is missing`, MAKE_ONE);
  if ('unreadable' in read)
    return fail(subject, `${file}: ${read.unreadable}`, "Let the agent's user read it.");
  if (authorities.length === 0) return fail(subject, `${file} has no certificate`, MAKE_ONE);
  return judgeValidity(place, authorities[0]!, now);
}

interface CertificateFacts {
  pem: Read;
  key: Read;
  authority: Place;
  authorities: readonly X509Certificate[];
  now: Date;
}

function judgeCertificate(place: CertificatePlace, facts: CertificateFacts): Finding {
  const { subject, file, purpose } = place;
  const { pem } = facts;
  if ('missing' in pem) return fail(subject, `${file} is missing (${purpose})`, MAKE_ONE);
  if ('unreadable' in pem)
    return fail(subject, `${file}: ${pem.unreadable}`, 'Let the agent’s user read it.');
  const [certificate, ...between] = certificatesIn(pem.text);
  if (certificate === undefined) return fail(subject, `${file} has no certificate`, MAKE_ONE);
  if (!hasIssuer(certificate, [...between, ...facts.authorities]))
    return fail(
      subject,
      `${file} was issued by ${oneLine(certificate.issuer)}, which is not the authority in ${facts.authority.file}`,
      'All hosts need certificates of one authority.',
    );
  return (
    judgeKey(place, certificate, facts.key) ??
    judgeName(place, certificate, judgeValidity(place, certificate, facts.now))
  );
}

/** Undefined if all is well, or this user need not know. */
function judgeKey(
  { subject, file, key, readsKey }: CertificatePlace,
  certificate: X509Certificate,
  read: Read,
): Finding | undefined {
  if ('missing' in read) return fail(subject, `${file} is there, its private key is not (${key})`, MAKE_ONE);
  if ('text' in read)
    return fits(certificate, read.text)
      ? undefined
      : fail(
          subject,
          `${file} does not belong to its private key`,
          'Put the two that belong together there.',
        );
  if (!readsKey) return undefined;
  return fail(
    subject,
    `${file}: this user cannot read its private key (${read.unreadable})`,
    'Give this user a certificate of its own, in .pki/libvirt of its home folder (docs/tls.md); or its group that key: mode 0640, and its folder 0750.',
  );
}

function judgeName(
  { subject, file, name }: CertificatePlace,
  certificate: X509Certificate,
  validity: Finding,
): Finding {
  if (validity.verdict !== 'ok' || name === null || isFor(certificate, name)) return validity;
  return warn(
    subject,
    `${file} is valid for ${certificate.subjectAltName ?? oneLine(certificate.subject)}, not for ${name}`,
    "Peers have to name this host by a name that stands in it: see their agents' peers.",
  );
}

function isFor(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined;
}

export function judgeValidity(
  { subject, file, renew }: Place,
  certificate: Pick<X509Certificate, 'validFrom' | 'validTo'>,
  now: Date,
): Finding {
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  const until = to.toISOString().slice(0, 10);
  if (now > to) return fail(subject, `${file} expired on ${until}`, renew);
  if (now < from)
    return fail(subject, `${file} is not valid before ${from.toISOString()}`, "Check this host's clock.");
  const days = Math.floor((to.getTime() - now.getTime()) / DAY_MS);
  if (days < WARN_BEFORE_DAYS) return warn(subject, `${file} expires on ${until}, in ${days} days`, renew);
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
