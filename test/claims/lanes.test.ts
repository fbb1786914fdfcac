import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MOST_RECORD_BYTES, hostDisk } from '../../src/claims/disk';
import { inLanes } from '../../src/claims/lanes';

test('answers come in the order of the items, and no more than so many are under way', async () => {
  let [underWay, most] = [0, 0];
  const letGo: (() => void)[] = [];
  const answers = inLanes(2, ['a', 'b', 'c', 'd'], async (item) => {
    most = Math.max(most, ++underWay);
    await new Promise<void>((resolve) => letGo.push(resolve));
    underWay--;
    return item.toUpperCase();
  });
  // the later one of those that wait ends first
  while (letGo.length > 0) {
    letGo.pop()!();
    await new Promise(setImmediate);
  }
  expect(await answers).toEqual(['A', 'B', 'C', 'D']);
  expect(most).toBe(2);
});

test('nothing is begun after a failure', async () => {
  const begun: number[] = [];
  const act = async (item: number): Promise<void> => {
    begun.push(item);
    if (item === 2) throw new Error('unreadable');
  };
  await expect(inLanes(1, [1, 2, 3], act)).rejects.toThrow('unreadable');
  expect(begun).toEqual([1, 2]);
});

test('no items are no answers', async () => {
  expect(await inLanes(3, [], () => Promise.reject(new Error('never')))).toEqual([]);
});

describe('a file of the host', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vgpu-ferry-disk-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test.each([0, 1, 4095, 4096, 4097, MOST_RECORD_BYTES, MOST_RECORD_BYTES + 1])(
    'of %i bytes is read in whole',
    async (bytes) => {
      const text = '0123456789'.repeat(bytes / 10 + 1).slice(0, bytes);
      await writeFile(join(folder, 'record'), text);
      expect(await hostDisk.read(join(folder, 'record'))).toBe(text);
    },
  );

  test('a letter that lies across the two reads is one letter', async () => {
    const text = `${'x'.repeat(4095)}ü${'y'.repeat(10)}`;
    await writeFile(join(folder, 'record'), text);
    expect(await hostDisk.read(join(folder, 'record'))).toBe(text);
  });

  test('of a longer one there is one byte more than a record may have', async () => {
    await writeFile(join(folder, 'record'), 'x'.repeat(MOST_RECORD_BYTES * 2));
    expect(await hostDisk.read(join(folder, 'record'))).toHaveLength(MOST_RECORD_BYTES + 1);
  });
});
