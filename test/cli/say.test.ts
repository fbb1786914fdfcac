/** What goes to a terminal, and what goes to a program. */
import { columns } from '../../src/cli/columns';
import { printable, sayJson } from '../../src/cli/say';

const ESC = '\x1b';

test.each<[string, string, string]>([
  ['our colours stay', `${ESC}[32mdone${ESC}[39m`, `${ESC}[32mdone${ESC}[39m`],
  ['lines and tabs stay', 'a\n\tb', 'a\n\tb'],
  ['letters of all kinds stay', 'é 桌面 ✓ 😀', 'é 桌面 ✓ 😀'],
  ['the title of the window is not set', `${ESC}]0;owned\x07`, '\\x1b]0;owned\\x07'],
  ['the screen is not cleared', `${ESC}[2J`, '\\x1b[2J'],
  ['nor by a sign of eight bits', '\x9b2J', '\\x9b2J'],
  ['a line is not written over', 'failed\rdone', 'failed\\x0ddone'],
  ['the direction of text is not turned', '\u202egnp', '\\u202egnp'],
])('%s', (_what, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('JSON is the same value, with no sign that a terminal obeys', () => {
  const value = { name: `${ESC}[2J\x9b\u202e é`, n: 1 };
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  sayJson(value);
  const text = String(write.mock.calls[0]![0]);
  write.mockRestore();
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toBe(`{\n  "name": "\\u001b[2J\\u009b\\u202e é",\n  "n": 1\n}\n`);
});

test('a cell of a table does not break its row', () => {
  expect(columns([['a\nhost-z  answers', 'b']])).toBe('a host-z  answers  b');
});
