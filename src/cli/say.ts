/**
 * Where the command line writes. What it shows was written by others: by whoever started a migration, by agents, by libvirt,
 * by guests' names. A terminal obeys control characters, so none but our own colours goes to one.
 */

const ESCAPE = String.fromCharCode(0x1b);

/** What picocolors writes: a colour, or its end. */
const COLOUR = new RegExp(`${ESCAPE}\\[\\d{1,3}m`, 'y');

/** Controls (C0, C1, DEL), what turns the direction of text round, and other ends of lines than ours. */
const CONTROL = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** For people: a control character is shown, not obeyed. */
export function printable(text: string): string {
  return text.replace(CONTROL, (sign, at: number) => {
    if (sign === '\n' || sign === '\t') return sign;
    COLOUR.lastIndex = at;
    return COLOUR.test(text) ? sign : spelt(sign);
  });
}

function spelt(sign: string): string {
  const code = sign.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** On standard output. */
export function say(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}

/** Beside it, on standard error. */
export function sayAside(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** For programs. JSON's own escapes stand for what a terminal could take amiss: the value is the same. */
export function sayJson(value: unknown): void {
  const text = JSON.stringify(value, null, 2);
  const escaped = text.replace(CONTROL, (sign) =>
    sign === '\n' ? sign : `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  process.stdout.write(`${escaped}\n`);
}
