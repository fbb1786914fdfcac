/** Files with keys, for tests. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { dataConverterWith, readKeyring } from '../../src/temporal/codec';

export const newKey = (): string => randomBytes(32).toString('base64');

export interface TestKeys {
  folder: string;
  /** Writes a file of that content and mode; its path. */
  write(content: object | string, mode?: number): string;
  /** Of a file with these keys. */
  converter(content: object): DataConverter;
}

/** In a folder of the suite's own, gone after its last test. */
export function useKeyFiles(): TestKeys {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'vgpu-ferry-keys-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  const write = (content: object | string, mode = 0o600): string => {
    const file = path.join(folder, `keys-${(count += 1)}.json`);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    chmodSync(file, mode); // whatever the umask
    return file;
  };
  return { folder, write, converter: (content) => dataConverterWith(readKeyring(write(content))) };
}
