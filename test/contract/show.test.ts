/** What is said of a value from outside: short, in whole characters, whatever the value is. */
import { brief, show } from '../../src/contract';

const deep = (levels: number): unknown => {
  let value: unknown = 0;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
};

test.each<[string, unknown, string]>([
  ['a text', 'a\nb', '"a\\nb"'],
  ['nothing', undefined, 'nothing'],
  ['a symbol, which is no JSON', Symbol('unread'), 'Symbol(unread)'],
  ['a long text', 'x'.repeat(500), `"${'x'.repeat(76)}...`],
  ['a text that would be cut within a character', `${'a'.repeat(75)}😀😀`, `"${'a'.repeat(75)}...`],
  ['lists without end', deep(100_000), 'a value that is nested too deeply to be shown'],
])('%s', (_what, value, shown) => {
  expect(show(value)).toBe(shown);
});

test('a text is cut where it gets long, and says how much is left out', () => {
  expect(brief('short')).toBe('short');
  expect(brief('x'.repeat(15), 10)).toBe(`${'x'.repeat(10)}... and 5 characters more`);
  expect(brief(`${'x'.repeat(9)}😀y`, 10)).toBe(`${'x'.repeat(9)}... and 2 characters more`);
});
