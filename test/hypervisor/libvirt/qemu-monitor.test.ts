import { blockersIn } from '../../../src/hypervisor/libvirt/qemu-monitor';
import { koffi } from '../../../src/koffi';

const answer = (said: unknown): string => JSON.stringify({ return: said, id: 'libvirt-17' });

test.each<[string, string, string[]]>([
  ['nothing', answer({}), []],
  ['a former migration', answer({ status: 'failed', 'error-desc': 'x' }), []],
  [
    'reasons',
    answer({ 'blocked-reasons': ['VFIO device has no migration support', 'vdi'] }),
    ['VFIO device has no migration support', 'vdi'],
  ],
  ['what is no list', answer({ 'blocked-reasons': 'all' }), []],
  ['what is no text', answer({ 'blocked-reasons': [1, null, 'vdi'] }), ['vdi']],
  ['no return', '{}', []],
])('%s', (_, said, expected) => expect(blockersIn(said)).toEqual(expected));

test('what is not JSON is an error', () => expect(() => blockersIn('')).toThrow(SyntaxError));

test("a text that C hands over through a pointer is read, as the monitor's answer is", () => {
  const libc = koffi.load('libc.so.6');
  const free = libc.func('void free(void *ptr)') as (pointer: bigint) => void;
  koffi.disposable('OwnedStringOfTest', 'str', free);
  const format = libc.func('int asprintf(_Out_ OwnedStringOfTest *out, const char *format)') as (
    out: (string | null)[],
    format: string,
  ) => number;
  const out: (string | null)[] = [null];
  expect(format(out, 'hello')).toBe(5);
  expect(out).toEqual(['hello']);
});
