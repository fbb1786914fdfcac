/** A number on the command line. */
import { InvalidArgumentError } from 'commander';

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is required');
  return Number(text);
}

export function wholeNumberAboveZero(text: string): number {
  const number = wholeNumber(text);
  if (number === 0) throw new InvalidArgumentError('a whole number above 0 is required');
  return number;
}
