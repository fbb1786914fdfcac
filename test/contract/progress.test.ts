/** A job's figures, by signal or heartbeat: those of an agent are taken as they are, and all else is left out. */
import { type JobProgress, readJobProgress, readReportedProgress } from '../../src/contract';

const told: JobProgress = {
  ...{ phase: 'pre-copy', elapsedMs: 1_200, bytesSent: 2 ** 40, bytesRemaining: 0, bytesTotal: 2 ** 40 },
  ...{ vfioBytes: null, dirtyPagesPerSec: 3, iteration: 2, mibPerSec: 900 },
};
const at = '2026-01-31T12:34:56.789Z';

test.each<[string, object]>([
  ['an agent of today', { maxDowntimeMs: 300, expectedDowntimeMs: 12.5 }],
  ['one that expects nothing yet', { maxDowntimeMs: 300, expectedDowntimeMs: null }],
  ['one of protocol 1', {}],
  ['one that has counted vGPU state', { vfioBytes: 77 }],
])('%s is believed', (_who, more) => {
  expect(readJobProgress({ ...told, ...more })).toEqual({ ...told, ...more });
  expect(readReportedProgress({ ...told, ...more, at })).toEqual({ ...told, ...more, at });
});

test('what it does not know is not passed on', () => {
  expect(readJobProgress({ ...told, note: '<b>' })).toEqual(told);
});

test.each<[string, unknown]>([
  ['nothing', null],
  ['a text', 'pre-copy'],
  ['an unknown phase', { ...told, phase: '\x1b[2J' }],
  ['no phase', { ...told, phase: undefined }],
  ['a text for a number', { ...told, bytesSent: '12' }],
  ['a number that is none', { ...told, elapsedMs: NaN }],
  ['one below nothing', { ...told, iteration: -1 }],
  ['an object for a limit', { ...told, maxDowntimeMs: { toString: 1 } }],
  ['a list for a downtime', { ...told, expectedDowntimeMs: [] }],
  ['a figure that is missing', { ...told, mibPerSec: undefined }],
])('%s is left out', (_what, raw) => {
  expect(readJobProgress(raw)).toBeNull();
  expect(readReportedProgress(typeof raw === 'object' ? { ...raw, at } : raw)).toBeNull();
});

test('a report without its time is left out', () => {
  expect(readReportedProgress(told)).toBeNull();
  expect(readReportedProgress({ ...told, at: 'soon' })).toBeNull();
});
