import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

test('the pages that are made of the code are as the code says', () => {
  const script = ['-r', './test/support/register-ts.js', 'scripts/reference.ts', '--check'];
  expect(() => execFileSync(process.execPath, script, { cwd: ROOT, stdio: 'pipe' })).not.toThrow();
}, 60_000);
