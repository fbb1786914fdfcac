/** Tests that need a program which not every machine has. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

function isThere(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Null: it may run. Else why it is skipped, for its name. The whole check (.ci/run) has installed them all, and says by the variable
 * that nothing is to be skipped.
 */
function whySkipped(programs: readonly string[]): string | null {
  const missing = programs.filter((program) => !isThere(program));
  return missing.length === 0 || process.env.VGPU_FERRY_SKIP_NOTHING
    ? null
    : `skipped: there is no ${missing.join(', no ')} on this machine`;
}

/** A test that says in its name why it is skipped, if it is. */
export function testWith(
  programs: readonly string[],
  name: string,
  act: (() => void) | (() => Promise<void>),
  limitMs?: number,
): void {
  const why = whySkipped(programs);
  if (why === null) test(name, act, limitMs);
  else test.skip(`${name} (${why})`, act);
}
