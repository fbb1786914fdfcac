/** The user that this process runs as. */
import os from 'node:os';

/** Its name, or its number where it has none, as in a container. */
export function thisUser(): string {
  try {
    return os.userInfo().username;
  } catch {
    return `with the uid ${process.getuid?.()}`;
  }
}
