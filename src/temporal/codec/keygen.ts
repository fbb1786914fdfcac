/** A new key, in a new file or in one that has keys already. What is in use stays in use: to switch is a step of its own. */
import { createSecretKey, randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { unwritable } from '../../files/unwritable';
import { CodecKeysError } from './errors';
import { type KeyFile, keyId, readKeyFile, readKeyring } from './key-file';
import { KEY_BYTES, checkOf } from './keyring';

export interface AddedKey {
  id: string;
  /** See `checkOf`. */
  check: string;
  /** The file was made for it. */
  newFile: boolean;
  /** That which encrypts now, if any does: not the added one. */
  encryptsWith: string | null;
}

/** In a new file it only decrypts; in one that exists another key goes on encrypting. */
export function addKey(file: string, id?: string): AddedKey {
  try {
    return add(file, id ?? newId(new Date()));
  } catch (error) {
    const fault = unwritable(error);
    throw fault ? new CodecKeysError(file, 'not-writable', fault.found, fault.fix) : error;
  }
}

function add(file: string, id: string): AddedKey {
  if (!keyId.safeParse(id).success)
    throw new CodecKeysError(
      file,
      'malformed',
      `${JSON.stringify(id)} is no key id`,
      'Use A-Z a-z 0-9 . _ - only.',
    );
  const bytes = randomBytes(KEY_BYTES);
  const key = { id, key: bytes.toString('base64') };
  const check = checkOf(createSecretKey(bytes));
  if (!existsSync(file)) {
    mkdirSync(path.dirname(file), { recursive: true });
    write(file, { encrypt: false, active: id, keys: [key] });
    return { id, check, newFile: true, encryptsWith: null };
  }
  const { encryptsWith } = readKeyring(file);
  const { encrypt, active, keys } = readKeyFile(file);
  if (keys.some((known) => known.id === id))
    throw new CodecKeysError(
      file,
      'malformed',
      `it has a key "${id}" already`,
      'Give the new one another id.',
    );
  write(realpathSync(file), { encrypt, active: active ?? keys[0]!.id, keys: [...keys, key] });
  return { id, check, newFile: false, encryptsWith };
}

/** The day says which is older; the rest keeps apart what two people make on one. */
function newId(now: Date): string {
  return `${now.toISOString().slice(0, 10)}-${randomBytes(2).toString('hex')}`;
}

/** In whole or not at all, its owner's alone, and its owner stays the same. */
function write(file: string, content: KeyFile): void {
  const partial = `${file}.${randomBytes(4).toString('hex')}`;
  const handle = openSync(partial, 'wx', 0o600);
  try {
    writeSync(handle, `${JSON.stringify(content, null, 2)}\n`);
    fsyncSync(handle);
    if (existsSync(file)) keepOwner(partial, file);
    renameSync(partial, file);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  } finally {
    closeSync(handle);
  }
}

function keepOwner(partial: string, file: string): void {
  const { uid, gid } = statSync(file);
  const own = statSync(partial);
  if (own.uid !== uid || own.gid !== gid) chownSync(partial, uid, gid);
}
