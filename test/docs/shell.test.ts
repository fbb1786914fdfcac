import { commandsOf, filledIn, withoutPrefix } from './shell';

test.each<[string, string[][]]>([
  ['vgpu-ferry list --running', [['vgpu-ferry', 'list', '--running']]],
  [
    'npm ci && npm test # all of it',
    [
      ['npm', 'ci'],
      ['npm', 'test'],
    ],
  ],
  ['a one \\\n  --two three\nb', [['a', 'one', '--two', 'three'], ['b']]],
  [`t --input '{"a":"b c"}' --query "X = 'y'"`, [['t', '--input', '{"a":"b c"}', '--query', "X = 'y'"]]],
  ['a --json | b > file.txt 2>&1; c', [['a', '--json'], ['b'], ['c']]],
  ["env $(grep -v '^#' file) a b#c", [['env', "$(grep -v '^#' file)", 'a', 'b#c']]],
  ['a 2>/dev/null || b', [['a'], ['b']]],
])('%j', (text, commands) => {
  expect(commandsOf(text)).toEqual(commands);
});

test.each([
  ['TEMPORAL_ADDRESS=a:1 vgpu-ferry agent', ['vgpu-ferry', 'agent']],
  ["sudo -u vgpu-ferry env $(grep -v '^#' file) vgpu-ferry doctor", ['vgpu-ferry', 'doctor']],
  ['npx vgpu-ferry list', ['vgpu-ferry', 'list']],
  ['systemctl start vgpu-ferry-agent', ['systemctl', 'start', 'vgpu-ferry-agent']],
])('what is run by %s', (text, words) => {
  expect(withoutPrefix(commandsOf(text)[0]!)).toEqual(words);
});

test('placeholders are filled in; one that is not known is refused', () => {
  expect(filledIn('watch <guest uuid>', { 'guest uuid': 'x' })).toBe('watch x');
  expect(() => filledIn('watch <somebody>')).toThrow('<somebody> has no value');
  expect(filledIn('cat < file > other # of <somebody>')).toBe('cat < file > other # of <somebody>');
});
