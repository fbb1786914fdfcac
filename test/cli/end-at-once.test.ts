/** What a process says last, before it ends by signal, is read. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** Its one thread for files is busy while the last line is written. */
const PROGRAM = `
  const { createLog } = require('./src/cli/logging.ts');
  const { endAtOnce } = require('./src/cli/end-at-once.ts');
  const log = createLog('agent');
  require('node:crypto').pbkdf2('', '', 200_000, 64, 'sha512', () => undefined);
  log.fatal('agent failed');
  void endAtOnce(log);
`;

test('though it was still on its way', () => {
  const { signal, stdout } = spawnSync(
    process.execPath,
    ['-r', './test/support/register-ts.js', '-e', PROGRAM],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    },
  );
  expect([signal, stdout]).toEqual(['SIGKILL', expect.stringContaining('"msg":"agent failed"')]);
});
