/** A hostile text, told by what was done to a real one: small enough to keep and to read, however long the text becomes. */
import fc from 'fast-check';

/** Places are in bytes of the text so far, taken modulo its length. */
export type TextEdit =
  | { do: 'truncate'; at: number }
  | { do: 'cut'; at: number; length: number }
  /** `after`: at the next place behind that text, so that what was well formed has a chance to stay so. */
  | { do: 'insert'; at: number; after?: string; token: string; times: number }
  | { do: 'overwrite'; at: number; token: string }
  | { do: 'bytes'; at: number; bytes: number[] }
  /** A part of the text, once more, elsewhere. */
  | { do: 'copy'; from: number; length: number; at: number }
  /** Whole lines, put behind another one. */
  | { do: 'copy lines'; from: number; lines: number; at: number }
  | { do: 'drop lines'; from: number; lines: number }
  /** Each of one token is replaced by another. */
  | { do: 'replace'; token: string; by: string };

export interface TextRecipe {
  base: string;
  edits: TextEdit[];
}

/** Of no language in particular: what breaks readers. */
export const TOKENS: readonly string[] = [
  ...['\0', '\x01', '\x1b[2J', '\x7f', '\x85', '\u2028', '\ufeff', '\ufffe', '\u202e', '\r', '\n', '\t'],
  ...[
    '😀',
    '\ud800',
    '\udc00',
    'é',
    '../',
    '/etc/passwd',
    '%00',
    '%s%n',
    '$(reboot)',
    '`id`',
    '; reboot',
    '${1}',
  ],
  ...['"', "'", '\\', '<', '>', '&', '=', '{', '}', '[', ']', ',', ':', '//', '/*', '*/', '#', '--'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'NaN', 'Infinity', '-0', '1e999', 'null', 'true'],
  ...['0', '-1', '9007199254740993', '0x10', 'a'],
];

/** Above this a text grows no more: past every limit of the readers, and still cheap to make. */
const MOST_BYTES = 6 * 1024 * 1024;

export function bytesOf({ base, edits }: TextRecipe, bases: Readonly<Record<string, string>>): Buffer {
  const text = bases[base];
  if (text === undefined) throw new Error(`no base ${base}`);
  return edits.reduce<Buffer>(
    (before, edit) => edited(before, edit).subarray(0, MOST_BYTES),
    Buffer.from(text),
  );
}

function edited(text: Buffer, edit: TextEdit): Buffer {
  const place = (at: number, after = ''): number => behind(text, at % (text.length + 1), after);
  switch (edit.do) {
    case 'truncate':
      return text.subarray(0, place(edit.at));
    case 'cut':
      return spliced(text, place(edit.at), edit.length, Buffer.alloc(0));
    case 'insert': {
      const token = Buffer.from(edit.token);
      const room = Math.max(0, Math.floor((MOST_BYTES - text.length) / Math.max(1, token.length)));
      const added = Buffer.from(edit.token.repeat(Math.min(edit.times, room)));
      return spliced(text, place(edit.at, edit.after), 0, added);
    }
    case 'overwrite': {
      const token = Buffer.from(edit.token);
      return spliced(text, place(edit.at), token.length, token);
    }
    case 'bytes':
      return spliced(text, place(edit.at), edit.bytes.length, Buffer.from(edit.bytes));
    case 'copy': {
      const from = place(edit.from);
      return spliced(text, place(edit.at), 0, text.subarray(from, from + edit.length));
    }
    case 'copy lines':
    case 'drop lines':
      return withLines(text, edit);
    case 'replace':
      return Buffer.from(text.toString('utf8').replaceAll(edit.token, () => edit.by));
  }
}

function spliced(text: Buffer, at: number, remove: number, add: Buffer): Buffer {
  return Buffer.concat([text.subarray(0, at), add, text.subarray(at + remove)]);
}

function behind(text: Buffer, at: number, what: string): number {
  const found = what === '' ? at : text.indexOf(what, at);
  return found < 0 ? at : found + what.length;
}

function withLines(text: Buffer, edit: TextEdit & { do: 'copy lines' | 'drop lines' }): Buffer {
  const lines = text.toString('latin1').split('\n'); // byte by byte, whatever they are
  const from = edit.from % lines.length;
  if (edit.do === 'drop lines') lines.splice(from, edit.lines);
  else lines.splice(edit.at % lines.length, 0, ...lines.slice(from, from + edit.lines));
  return Buffer.from(lines.join('\n'), 'latin1');
}

/** Mostly small; now and then so long that only a limit can hold. */
const times = fc.oneof(
  { weight: 60, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 30, arbitrary: fc.integer({ min: 4, max: 2_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 20_000, max: 2_000_000 }) },
);

const at = fc.nat({ max: 20_000 });
const line = fc.nat({ max: 200 });
const lines = fc.integer({ min: 1, max: 12 });
const after = fc.constantFrom('', '>', '\n', "'", '"', ' ', ',', '{');

/** `own`: what means something to the reader under test. */
export function textRecipes(bases: readonly string[], own: readonly string[]): fc.Arbitrary<TextRecipe> {
  const token = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...(own.length > 0 ? own : TOKENS)) },
    { weight: 2, arbitrary: fc.constantFrom(...TOKENS) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  );
  const edit = fc.oneof(
    { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), at }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('cut' as const), at, length: fc.nat({ max: 200 }) }),
    },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('insert' as const), at, after, token, times }) },
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('copy lines' as const), from: line, lines, at: line }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('drop lines' as const), from: line, lines }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('overwrite' as const), at, token }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('bytes' as const),
        at,
        bytes: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 4 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('copy' as const), from: at, length: fc.nat({ max: 600 }), at }),
    },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('replace' as const), token, by: token }) },
  );
  return fc.record({
    base: fc.constantFrom(...bases),
    edits: fc.oneof(
      fc.array(edit, { minLength: 1, maxLength: 2 }),
      fc.array(edit, { minLength: 1, maxLength: 6 }),
    ),
  });
}
