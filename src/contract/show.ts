/** Values from outside, for an error's text: whatever was sent, what is said of it stays short and printable. */

/** Of a value, in characters: a line holds it. */
const LONGEST = 80;

/** Of all that is wrong with an input; a thousand wrong fields are no clearer than the first of them. */
const MOST_PROBLEMS = 20;

/** JSON, so that control characters show, and not longer than a line. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = json(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3).replace(HALF, '')}...` : text;
}

/** What a cut can leave of a character that takes two. */
const HALF = /[\ud800-\udbff]$/;

function json(value: unknown): string {
  try {
    const text: unknown = JSON.stringify(value);
    return typeof text === 'string' ? text : String(value); // of a symbol, for example, there is none
  } catch {
    return 'a value that is nested too deeply to be shown';
  }
}

/** Of a text that grows with what was sent. */
const LONGEST_TEXT = 4_000;

export function brief(text: string, longest = LONGEST_TEXT): string {
  const left = text.length - longest;
  return left > 0 ? `${text.slice(0, longest).replace(HALF, '')}... and ${left} characters more` : text;
}

/** The first of them, and how many there are more. */
export function firstOf(problems: readonly string[]): string[] {
  const left = problems.length - MOST_PROBLEMS;
  return left > 0 ? [...problems.slice(0, MOST_PROBLEMS), `and ${left} more`] : [...problems];
}
