/** The file with the keys: what is taken, what is refused, that a refusal never repeats a key, and how one is added. */
import { readFileSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { CodecKeysError, addKey, codecKeysFile, readKeyring } from '../../src/temporal/codec';
import { keyringOf, openTo } from '../../src/temporal/codec/key-file';
import { newKey, useKeyFiles } from './keys';

const files = useKeyFiles();
const KEY = newKey();
const keys = [
  { id: 'k1', key: KEY },
  { id: 'k2', key: newKey() },
];

test.each([
  ['the first one encrypts', { keys }, 'k1'],
  ['the active one encrypts', { active: 'k2', keys }, 'k2'],
  ['none encrypts', { encrypt: false, active: 'k2', keys }, null],
])('%s, all are there', (_what, content, encryptsWith) => {
  const ring = readKeyring(files.write(content));
  expect([...ring.keys.keys()]).toEqual(['k1', 'k2']);
  expect(ring.encryptsWith).toBe(encryptsWith);
  expect(ring.keys.get('k1')!.export().toString('base64')).toBe(KEY);
});

test('not configured: no keys, and nothing is encrypted', () => {
  expect(codecKeysFile({})).toBeUndefined();
  expect(codecKeysFile({ VGPU_FERRY_CODEC_KEYS: '' })).toBeUndefined();
  expect(codecKeysFile({ VGPU_FERRY_CODEC_KEYS: '/keys' })).toBe('/keys');
  expect(keyringOf(undefined)).toMatchObject({ file: null, encryptsWith: null });
});

test.each<[string, () => string, string, RegExp]>([
  ['that is not there', () => path.join(files.folder, 'none'), 'not-readable', /no such file.*codec keygen/],
  ['that is a folder', () => files.folder, 'open-to-others|not-readable', /./],
  ['that its group reads', () => files.write({ keys }, 0o640), 'open-to-others', /0640.*a group.*chmod 600/],
  ['that everybody reads', () => files.write({ keys }, 0o604), 'open-to-others', /0604.*everybody/],
  ['that is no JSON', () => files.write(`{"keys": [{"id": "k", "key": "${KEY}"`), 'not-json', /not JSON/],
  ['without keys', () => files.write({ keys: [] }), 'malformed', /one key at least/],
  [
    'with a misspelt field',
    () => files.write({ actve: 'k1', keys }),
    'malformed',
    /known here: encrypt, active, keys/,
  ],
  [
    'with a key for a field',
    () => files.write({ keys: [{ [KEY]: 'k1' }] }),
    'malformed',
    /known here: id, key/,
  ],
  [
    'with an id that is a key',
    () => files.write({ keys: [{ id: `${KEY}/`, key: KEY }] }),
    'malformed',
    /A-Z a-z/,
  ],
  [
    'whose active key is missing',
    () => files.write({ active: 'k3', keys }),
    'malformed',
    /"k3".*Name one of: k1, k2/,
  ],
  ['with two keys of one id', () => files.write({ keys: [keys[0], keys[0]] }), 'malformed', /same id/],
  [
    'with half a key',
    () => files.write({ keys: [{ id: 'k1', key: KEY.slice(0, 22) }] }),
    'wrong-length',
    /"k1" is 16 bytes.*32/,
  ],
  [
    'with a key that is no base64',
    () => files.write({ keys: [{ id: 'k1', key: `${KEY}?` }] }),
    'wrong-length',
    /32/,
  ],
])('a file %s is refused', (_what, make, problem, words) => {
  const file = make();
  const error = caught(() => readKeyring(file));
  expect(error).toBeInstanceOf(CodecKeysError);
  expect(error).toMatchObject({ file, problem: expect.stringMatching(new RegExp(`^(${problem})$`)) });
  expect(error.message).toContain(file);
  expect(error.message).toMatch(words);
  for (let at = 0; at < KEY.length - 8; at += 1)
    expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain(KEY.slice(at, at + 8));
});

test.each([
  [0o600, '/etc/keys', undefined, null],
  [0o400, '/etc/keys', undefined, null],
  [0o440, '/etc/keys', undefined, 'a group'],
  [0o440, '/run/credentials/u/keys', '/run/credentials/u', null],
  [0o460, '/run/credentials/u/keys', '/run/credentials/u', 'a group'],
  [0o444, '/run/credentials/u/keys', '/run/credentials/u', 'everybody'],
  [0o440, '/run/credentials/u/../keys', '/run/credentials/u', 'a group'],
])('mode %o of %s, credentials in %s: open to %s', (mode, file, CREDENTIALS_DIRECTORY, others) =>
  expect(openTo(file, 0o100_000 | mode, { CREDENTIALS_DIRECTORY })).toBe(others),
);

test('a first key only decrypts, and its file is its owner’s alone', () => {
  const file = path.join(files.folder, 'new', 'keys.json');
  const added = addKey(file);
  expect(added).toMatchObject({ id: expect.stringMatching(/^\d{4}-\d\d-\d\d-[0-9a-f]{4}$/), newFile: true });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readKeyring(file)).toMatchObject({ encryptsWith: null });
  expect(readKeyring(file).keys.has(added.id)).toBe(true);
});

test('a further key leaves what encrypts as it is, also where it was the first without a word', () => {
  const file = files.write({ keys });
  expect(addKey(file, 'k3')).toMatchObject({ id: 'k3', newFile: false, encryptsWith: 'k1' });
  expect([...readKeyring(file).keys.keys()]).toEqual(['k1', 'k2', 'k3']);
  expect(readKeyring(file).encryptsWith).toBe('k1');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ encrypt: true, active: 'k1' });
});

test('a link to the file stays one', () => {
  const file = files.write({ keys });
  const link = path.join(files.folder, 'link.json');
  symlinkSync(file, link);
  addKey(link, 'k3');
  expect(readKeyring(file).keys.size).toBe(3);
});

test('an id that is taken, or none, is refused, and the file stays', () => {
  const file = files.write({ keys });
  const before = readFileSync(file, 'utf8');
  expect(caught(() => addKey(file, 'k1')).message).toMatch(/"k1" already/);
  expect(caught(() => addKey(file, 'a b')).message).toMatch(/"a b" is no key id/);
  expect(readFileSync(file, 'utf8')).toBe(before);
});

function caught(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was taken');
}
