/** Whether this machine can run tests that call libvirt, and the words for the test report if it cannot. */
import { createRequire } from 'node:module';

function isLoadable(): boolean {
  const koffi = createRequire(__filename)('koffi') as { load(file: string): unknown };
  try {
    koffi.load('libvirt.so.0');
    return true;
  } catch {
    return false;
  }
}

/** `describe` where libvirt.so.0 is, else a skipped one that says why. */
export const describeWithLibvirt = isLoadable()
  ? describe
  : (name: string, body: () => void) =>
      describe.skip(`${name} (skipped: libvirt.so.0 is not installed)`, body);
