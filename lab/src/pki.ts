/** Certificates for the two hosts, made by the very commands of docs/tls.md, and spoilt ones beside them. */
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { documented } from './documented';
import type { LabHost } from './host';
import { must } from './shell';

/** Where a host has all of its files, to be placed from. */
export const PKI_FOLDER = '/run/lab-pki';

export const FLAWS = ['expired', 'wrong-host', 'foreign'] as const;
/** What is wrong with a host's certificate: past its last day, for another host, of an authority that nobody knows. */
export type Flaw = (typeof FLAWS)[number];

/** The spoilt ones have the good one's key. OpenSSL 3.0 makes one with dates in the past by `ca` alone. */
const SPOILT = `
authority foreign
spoil() { # <authority> <whose>
  sed 's/^subjectAltName=.*/subjectAltName=DNS:elsewhere.example,IP:192.0.2.99/' "$1-$2.ext" >elsewhere.ext
  openssl x509 -req -in "$1-$2.csr" -CA "$1-ca.pem" -CAkey "$1-ca-key.pem" -CAcreateserial -days 365 \
    -extfile elsewhere.ext -out "$1-$2-wrong-host.pem"
  openssl x509 -req -in "$1-$2.csr" -CA foreign-ca.pem -CAkey foreign-ca-key.pem -CAcreateserial -days 365 \
    -extfile "$1-$2.ext" -out "$1-$2-foreign.pem"
  printf '%s\\n' '[ca]' default_ca=it '[it]' database=index.txt new_certs_dir=. default_md=sha256 rand_serial=yes \
    unique_subject=no policy=any '[any]' commonName=supplied >past.conf
  : >index.txt
  openssl ca -batch -notext -config past.conf -cert "$1-ca.pem" -keyfile "$1-ca-key.pem" -in "$1-$2.csr" \
    -startdate 20250101000000Z -enddate 20250201000000Z -extfile "$1-$2.ext" -out "$1-$2-expired.pem"
}`;

/** Makes all of them in `folder`, those of `spoilt` in spoilt ways too. */
export async function makePki(folder: string, hosts: readonly LabHost[], spoilt: LabHost): Promise<void> {
  await mkdir(folder);
  const script = [
    'set -euo pipefail',
    await shellOf('authority'),
    'authority libvirt; authority qemu',
    ...hosts.flatMap(({ name, record: { ip } }) => [
      `certificate libvirt ${name} DNS:${name},IP:${ip} serverAuth,clientAuth`,
      `certificate qemu ${name} DNS:${name},IP:${ip} serverAuth,clientAuth`,
    ]),
    SPOILT,
    `for authority in libvirt qemu; do spoil $authority ${spoilt.name}; done`,
  ].join('\n');
  await must('bash', ['-c', script], { cwd: folder, timeoutMs: 120_000 });
}

/** Copies what is a host's own, and what all have, to it; and places its good certificates where they belong. */
export async function bringPki(folder: string, host: LabHost): Promise<void> {
  const files = (await readdir(folder)).filter((file) => isFor(host, file));
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const unpack = files.map((file, i) => `cat >${file} <<'PEM'\n${texts[i]}PEM`);
  const script = [`umask 077; mkdir -p ${PKI_FOLDER}; cd ${PKI_FOLDER}`, ...unpack].join('\n');
  await host.writeFile('/run/lab-pki.sh', script);
  await host.ssh(`sh /run/lab-pki.sh && rm /run/lab-pki.sh`);
}

function isFor({ name }: LabHost, file: string): boolean {
  const ofHost = new RegExp(`^(libvirt|libvirt-agent-of|qemu)-${name}(-key|-${FLAWS.join('|-')})?\\.pem$`);
  return ofHost.test(file) || /^\w+-ca\.pem$/.test(file);
}

/** The shell functions of docs/tls.md among which is this one. */
export const shellOf = (name: string): Promise<string> => documented('tls.md', `${name}() {`);
