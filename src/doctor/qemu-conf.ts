/** libvirt's settings of its QEMU driver, /etc/libvirt/qemu.conf, as far as the doctor asks for them. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Who is in the group may do anything with libvirt: reading its settings gives them nothing more. */
export const LET_IT_READ =
  "Run the doctor as the agent's user, and let that one read it: chgrp libvirt /etc/libvirt/qemu.conf && chmod 640 /etc/libvirt/qemu.conf";

/** Its text; null if this user can't read it, as on Debian, where it is root's alone. */
export async function readQemuConf(root: string): Promise<string | null> {
  return readFile(path.join(root, 'etc/libvirt/qemu.conf'), 'utf8').catch((error: unknown) =>
    (error as NodeJS.ErrnoException).code === 'ENOENT' ? '' : null,
  );
}

export function numberIn(settings: string, key: string): number | undefined {
  const found = valueOf(settings, key, '\\d+');
  return found === undefined ? undefined : Number(found);
}

export function textIn(settings: string, key: string): string | undefined {
  return valueOf(settings, key, '"[^"]*"')?.slice(1, -1);
}

/** Of several, the first counts, as for libvirt (virConfGetValue). */
function valueOf(settings: string, key: string, form: string): string | undefined {
  return new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*(${form})`, 'm').exec(settings)?.[1];
}
