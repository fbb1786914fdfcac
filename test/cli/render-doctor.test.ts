import { stripVTControlCharacters } from 'node:util';
import type { Section } from '../../src/doctor';
import { doctorSection, doctorVerdict } from '../../src/cli/render-doctor';

const SECTION: Section = {
  topic: 'Ledger',
  findings: [
    { subject: 'disk', verdict: 'ok', found: 'room', fix: null },
    { subject: 'folder', verdict: 'fail', found: 'not writable', fix: 'chown it' },
    { subject: 'x', verdict: 'warn', found: 'odd', fix: 'look' },
  ],
};

test('a line each, and the fix under what is not well', () => {
  expect(stripVTControlCharacters(doctorSection(SECTION))).toBe(
    [
      'Ledger',
      '  ok    disk    room',
      '  FAIL  folder  not writable',
      '        fix: chown it',
      '  warn  x       odd',
      '        fix: look',
    ].join('\n'),
  );
});

test.each<[Section[], RegExp]>([
  [[SECTION], /1 thing\(s\) fail.*, 1 warning\(s\)/],
  [[{ ...SECTION, findings: [SECTION.findings[2]!] }], /Nothing fails; .*1 warning/],
  [[{ ...SECTION, findings: [SECTION.findings[0]!] }], /All well\./],
])('the verdict', (sections, text) => expect(doctorVerdict(sections, '/etc/x.json')).toMatch(text));

test('without a configuration it says that it looked at less', () => {
  expect(doctorVerdict([], undefined)).toContain('--config names one');
});
