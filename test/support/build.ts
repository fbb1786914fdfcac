/** Which build a long run was of: kept beside its figures. */
import { execFileSync } from 'node:child_process';

/** As git names it; a change that is not committed is told. */
export function buildName(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: __dirname,
      encoding: 'utf8',
    }).trim();
  } catch {
    return 'not in git';
  }
}
