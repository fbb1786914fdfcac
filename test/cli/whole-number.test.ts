import { wholeNumber, wholeNumberAboveZero } from '../../src/cli/whole-number';

test.each(['', '-1', '1.5', '1e3', 'two', '0x10', ' 1'])('%j is no whole number', (text) => {
  expect(() => wholeNumber(text)).toThrow('a whole number is required');
});

test('0 is one, where it is allowed', () => {
  expect(wholeNumber('0')).toBe(0);
  expect(() => wholeNumberAboveZero('0')).toThrow('above 0');
  expect(wholeNumberAboveZero('20')).toBe(20);
});
