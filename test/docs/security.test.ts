/** docs/security.md names a test for each thing that is said to be impossible. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TARGETS } from '../fuzz/targets';

const ROOT = join(__dirname, '..', '..');
const page = readFileSync(join(ROOT, 'docs', 'security.md'), 'utf8');

test('each test that it names is there', () => {
  const named = [...page.matchAll(/`(test\/[^`]+)`/g)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(10);
  for (const path of named) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
});

test('each target of the fuzzer that it names is there', () => {
  const lists = [...page.matchAll(/fuzzer: ((?:`[a-z-]+`(?:, )?)+)/g)].map(([, list]) => list!);
  const named = lists.flatMap((list) => [...list.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name!));
  expect(named.length).toBeGreaterThan(10);
  for (const name of named) expect(TARGETS).toContain(name);
});

test('the tests that it quotes by their words have those', () => {
  const hostile = readFileSync(join(ROOT, 'test', 'security', 'hostile.test.ts'), 'utf8').replaceAll(
    '’',
    "'",
  );
  const quoted = [...page.matchAll(/`test\/security\/hostile\.test\.ts` \("([^"]+)"\)/g)].map(
    ([, words]) => words!,
  );
  expect(quoted.length).toBeGreaterThan(2);
  for (const words of quoted) expect(hostile).toContain(words);
});
