/** The file with the keys: read once, refused with what is wrong and its fix; never with what is in it. */
import { type KeyObject, createSecretKey } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { CODEC_KEYS_VARIABLE, CodecKeysError } from './errors';
import { KEY_BYTES, type Keyring, NO_KEYS } from './keyring';

export const keyId = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'required 1 to 64 of A-Z a-z 0-9 . _ -');

/** What a field is called may be a key that stands in the wrong place: unknown ones are not repeated. */
function section<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? `unknown fields; known here: ${Object.keys(shape).join(', ')}`
        : undefined,
  });
}

const schema = section({
  encrypt: z.boolean().default(true),
  active: keyId.optional(),
  keys: z.array(section({ id: keyId, key: z.string() })).min(1, 'required one key at least'),
});

/** As it stands in the file. */
export type KeyFile = z.input<typeof schema>;

const MAKE_ONE = 'Make one: vgpu-ferry codec keygen.';
/** No such file is larger. */
const FILE_MOST_BYTES = 1_000_000;

/** Of the file that the environment names; no keys if it names none. */
export function keyringOf(file: string | undefined): Keyring {
  return file === undefined ? NO_KEYS : readKeyring(file);
}

export function codecKeysFile(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env[CODEC_KEYS_VARIABLE] || undefined;
}

export function readKeyring(file: string): Keyring {
  const { encrypt, active, keys } = readKeyFile(file);
  const ring = new Map(keys.map(({ id, key }) => [id, keyOf(file, id, key)] as const));
  if (ring.size < keys.length)
    throw malformed(file, 'two keys have the same id', 'Give each an id of its own.');
  const encrypting = active ?? keys[0]!.id;
  if (!ring.has(encrypting))
    throw malformed(
      file,
      `"active" is ${JSON.stringify(encrypting)}, and no key has that id`,
      `Name one of: ${[...ring.keys()].join(', ')}.`,
    );
  return { file, keys: ring, encryptsWith: encrypt ? encrypting : null };
}

export function readKeyFile(file: string): z.output<typeof schema> {
  const read = schema.safeParse(parseJson(file, readPrivate(file)));
  if (read.success) return read.data;
  throw malformed(file, `not valid:\n${z.prettifyError(read.error)}\n`, 'See docs/temporal-security.md.');
}

/** The parser's own words would repeat a piece of the file. */
function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CodecKeysError(file, 'not-json', 'not JSON', `Correct it, or move it away. ${MAKE_ONE}`);
  }
}

function readPrivate(file: string): string {
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    const { mode, size } = fstatSync(handle);
    const others = openTo(file, mode);
    if (others !== null)
      throw new CodecKeysError(
        file,
        'open-to-others',
        `mode ${(mode & 0o777).toString(8).padStart(4, '0')} lets ${others} read or change it`,
        `It has to be its owner's alone: chmod 600 ${file}`,
      );
    if (size > FILE_MOST_BYTES) throw malformed(file, `${size} bytes long`, MAKE_ONE);
    return readFileSync(handle, 'utf8');
  } catch (error) {
    if (error instanceof CodecKeysError) throw error;
    throw notReadable(file, error as NodeJS.ErrnoException);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/**
 * Who else may read or change it. systemd hands credentials over in a folder that is the service's alone; a group's bits
 * there may be those of an access list.
 */
export function openTo(file: string, mode: number, env: NodeJS.ProcessEnv = process.env): string | null {
  const credentials = env.CREDENTIALS_DIRECTORY;
  const handedOver = Boolean(credentials) && path.dirname(path.resolve(file)) === path.resolve(credentials!);
  if ((mode & 0o007) !== 0) return 'everybody';
  if ((mode & (handedOver ? 0o020 : 0o070)) !== 0) return 'a group';
  return null;
}

function keyOf(file: string, id: string, text: string): KeyObject {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === KEY_BYTES && bytes.toString('base64') === text) return createSecretKey(bytes);
  throw new CodecKeysError(
    file,
    'wrong-length',
    `key "${id}" is ${bytes.length} bytes of base64; required ${KEY_BYTES}`,
    'Add one with: vgpu-ferry codec keygen',
  );
}

function malformed(file: string, found: string, fix: string): CodecKeysError {
  return new CodecKeysError(file, 'malformed', found, fix);
}

function notReadable(file: string, { code }: NodeJS.ErrnoException): CodecKeysError {
  const found = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code ?? 'unknown reason'})`;
  const fix =
    code === 'ENOENT'
      ? `Correct ${CODEC_KEYS_VARIABLE}, or make the file: vgpu-ferry codec keygen.`
      : 'Let the user that runs this read it, and nobody else.';
  return new CodecKeysError(file, 'not-readable', found, fix);
}
