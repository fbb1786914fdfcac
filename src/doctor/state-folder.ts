/** The folder of the ledger: there, ours alone, on a disk that keeps what it is told. */
import { constants, access, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { type Finding, fail, ok, warn } from './finding';

/** Magic numbers of statfs(2), from linux/magic.h and the file systems' own sources. */
const NETWORK_FILE_SYSTEMS = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x00c36400, 'Ceph'],
  [0x01021997, '9p'],
]);
const TMPFS = 0x01021994;

const MIB = 2 ** 20;
/** A claim takes some hundred bytes; a disk that is this full is about to be full. */
const LEAST_FREE = 100 * MIB;
/** Anybody else who may write could forge a record, and have devices destroyed. */
const WRITABLE_BY_OTHERS = 0o022;

export interface StateFolder {
  /** Type of its file system. */
  type: number;
  /** Bytes that we may still use. */
  free: number;
  mode: number;
  writable: boolean;
  /** False: the agent makes it when it starts; the rest is of the folder it would stand in. */
  exists: boolean;
}

export async function lookAtStateFolder(folder: string): Promise<Finding[]> {
  return judgeStateFolder(folder, await factsOf(folder));
}

export function judgeStateFolder(folder: string, facts: StateFolder): Finding[] {
  return [judgeAccess(folder, facts), judgeFileSystem(folder, facts)];
}

function judgeAccess(folder: string, { exists, writable, mode }: StateFolder): Finding {
  const subject = `ledger ${folder}`;
  if (!writable)
    return fail(
      subject,
      `${exists ? 'it' : 'the folder it would stand in'} cannot be written by this user`,
      "Run the doctor as the agent's user. If it is that already, give it the folder: chown, mode 0700.",
    );
  if (!exists) return ok(subject, 'not there yet; the agent makes it');
  if ((mode & WRITABLE_BY_OTHERS) !== 0)
    return fail(
      subject,
      `others may write it (mode ${(mode & 0o777).toString(8)})`,
      `chmod 0700 ${folder}: a forged record could have devices destroyed.`,
    );
  return ok(subject, 'writable, by its owner alone');
}

function judgeFileSystem(folder: string, { type, free }: StateFolder): Finding {
  const subject = `disk of ${folder}`;
  const network = NETWORK_FILE_SYSTEMS.get(type);
  if (network !== undefined)
    return fail(subject, `${network}: a network file system`, 'Set "stateDir" to a folder on a local disk.');
  if (type === TMPFS)
    return fail(
      subject,
      'tmpfs: gone with a reboot, and the claims with it',
      'Set "stateDir" to a folder on a local disk.',
    );
  const found = `${Math.floor(free / MIB)} MiB free`;
  if (free < MIB)
    return fail(
      subject,
      'full',
      'Make room: no device can be claimed, and migrations that have moved wait with their end.',
    );
  if (free < LEAST_FREE)
    return warn(
      subject,
      found,
      'Make room: without it no device can be claimed. Claims that stand are safe.',
    );
  return ok(subject, found);
}

async function factsOf(folder: string): Promise<StateFolder> {
  const there = await nearestFolder(folder);
  const [{ type, bavail, bsize }, { mode }, writable] = await Promise.all([
    statfs(there),
    stat(there),
    access(there, constants.W_OK).then(
      () => true,
      () => false,
    ),
  ]);
  return { type, free: bavail * bsize, mode, writable, exists: there === folder };
}

async function nearestFolder(folder: string): Promise<string> {
  const there = await stat(folder).catch(() => undefined);
  return there === undefined && folder !== '/' ? nearestFolder(path.dirname(folder)) : folder;
}
