/** The check that every migration is judged by: it must see each kind of loss. */
import { readTrace } from './trace';

const line = (n: number, more: { mttys?: number; fifo?: number; scratch?: number } = {}) =>
  `n=${n} ms=${n * 200} mttys=${more.mttys ?? 1} fifo_errs=${more.fifo ?? 0} scr_errs=${more.scratch ?? 0} dirtied=0\r\n`;

test('an unbroken trace has no faults', () => {
  expect(readTrace(line(1) + line(2) + line(3))).toEqual({ first: 1, last: 3, faults: [] });
});

test('a line that the switchover cut in two is whole again', () => {
  const cut = line(2);
  expect(readTrace(line(1) + cut.slice(0, 9) + cut.slice(9) + line(3)).faults).toEqual([]);
});

test.each([
  ['a lost round', line(1) + line(3), 'the counter went from 1 to 3'],
  ['a round that ran twice', line(2) + line(2), 'the counter went from 2 to 2'],
  ['a restart', `PAYLOAD-START\n${line(1)}PAYLOAD-START\n${line(2)}`, 'the guest was started more than once'],
  ['lost bytes', line(1) + line(2, { fifo: 4 }), "4 bytes of the devices' FIFOs were wrong"],
  ['a lost register', line(1, { scratch: 1 }), '1 reads of the scratch registers were wrong'],
  ['no device', line(1, { mttys: 0 }), 'the guest found no mtty device'],
  ['silence', '', 'the guest printed nothing'],
])('%s is seen', (_, text, fault) => {
  expect(readTrace(text).faults).toEqual([fault]);
});
