import { coloursWanted } from '../../src/cli/colours';

test.each([
  ['a terminal', {}, true, true],
  ['a file or a pipe', {}, undefined, false],
  ['a build server', { CI: 'true' }, undefined, false],
  ['a terminal that has none', { TERM: 'dumb' }, true, false],
  ['NO_COLOR', { NO_COLOR: '1' }, true, false],
  ['NO_COLOR, but empty', { NO_COLOR: '' }, true, true],
  ['FORCE_COLOR into a file', { FORCE_COLOR: '1' }, undefined, true],
  ['both', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
])('%s', (_what, env, isTerminal, expected) => {
  expect(coloursWanted(env, isTerminal)).toBe(expected);
});
