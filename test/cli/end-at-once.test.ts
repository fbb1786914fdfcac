/** What a process says last, before it ends by signal, is read. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

const REQUIRE = `
  const { createLog } = require('./src/cli/logging.ts');
  const { endAtOnce } = require('./src/cli/end-at-once.ts');
  const log = createLog('agent');
`;

function said(program: string): [string | null, string] {
  const { signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['-r', './test/support/register-ts.js', '-e', REQUIRE + program],
    { cwd: ROOT, encoding: 'utf8', env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
  );
  return [signal, stdout + stderr];
}

const BUSY = "require('node:crypto').pbkdf2('', '', 20_000, 64, 'sha512', () => undefined);";

test('though it was still on its way: its one thread for files is busy', () => {
  const ended = said(`${BUSY} log.fatal('agent failed'); void endAtOnce(log);`);
  expect(ended).toEqual(['SIGKILL', expect.stringContaining('"msg":"agent failed"')]);
});

test('whoever still logs then is not heard, and does not disturb it', () => {
  const ended = said(
    `log.info('one'); ${BUSY} void endAtOnce(log); log.info('two'); setImmediate(() => log.info('three'));`,
  );
  expect(ended).toEqual(['SIGKILL', expect.stringContaining('"msg":"one"')]);
  expect(ended[1]).not.toMatch(/two|three|Error/);
});

test('with nothing to say', () => {
  expect(said("void endAtOnce(log); log.info('late');")).toEqual(['SIGKILL', '']);
});
