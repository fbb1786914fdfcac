/** A hostile value, told by what was done to a real one. Some of it no JSON can say: a caller in our own process might. */
import fc from 'fast-check';
import { TOKENS } from './text-recipe';

/** What stands in the place of a field. */
export type Part =
  | { json: unknown }
  | { number: 'NaN' | 'Infinity' | '-Infinity' | '-0' }
  | { nothing: true }
  /** A text, so many times. */
  | { text: string; times: number }
  /** Lists, or objects, within each other. */
  | { deep: number; of: 'lists' | 'objects' }
  | { many: number; of: unknown }
  /** An object with a field of a name that a program may stumble on. */
  | { own: string; is: unknown };

/** `place`: which of the value's fields, in the order in which they are met, modulo their number. */
export type ValueEdit =
  | { do: 'set'; place: number; to: Part }
  | { do: 'remove'; place: number }
  | { do: 'add'; place: number; key: string; to: Part }
  | { do: 'whole'; to: Part };

export interface ValueRecipe {
  base: string;
  edits: ValueEdit[];
}

type Fields = Record<string, unknown>;

export function valueOf({ base, edits }: ValueRecipe, bases: Readonly<Record<string, unknown>>): unknown {
  if (!Object.hasOwn(bases, base)) throw new Error(`no base ${base}`);
  return edits.reduce(edited, structuredClone(bases[base]));
}

/** Bytes that it would have as JSON, about; without recursion, for it may be deep. */
export function sizeOf(value: unknown): number {
  let size = 0;
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next === 'string') size += next.length + 2;
    else if (Array.isArray(next)) size += 2 + pushAll(left, next);
    else if (typeof next === 'object' && next !== null)
      size += 2 + pushAll(left, Object.values(next)) + Object.keys(next).join().length;
    else size += 4;
  }
  return size;
}

function pushAll(left: unknown[], values: readonly unknown[]): number {
  for (const value of values) left.push(value);
  return values.length;
}

function edited(value: unknown, edit: ValueEdit): unknown {
  if (edit.do === 'whole') return partOf(edit.to);
  const places = placesIn(value);
  const found = places[edit.place % Math.max(1, places.length)];
  if (!found) return edit.do === 'remove' ? value : partOf(edit.to);
  const [holder, key] = found;
  if (edit.do === 'remove') delete holder[key];
  else if (edit.do === 'set') put(holder, key, partOf(edit.to));
  else if (Array.isArray(holder))
    holder.push(partOf(edit.to)); // a list that came as JSON has no names
  else put(holder, edit.key, partOf(edit.to));
  return value;
}

/** As an own field, also under a name that an assignment would take otherwise. */
function put(holder: Fields, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Not within what an edit has made: it may be large. */
const MOST_PLACES = 500;

function placesIn(value: unknown): [Fields, string][] {
  const places: [Fields, string][] = [];
  const left: unknown[] = [value];
  while (left.length > 0 && places.length < MOST_PLACES) {
    const next = left.shift();
    if (typeof next !== 'object' || next === null) continue;
    for (const key of Object.keys(next).slice(0, MOST_PLACES)) {
      places.push([next as Fields, key]);
      left.push((next as Fields)[key]);
    }
  }
  return places;
}

function partOf(part: Part): unknown {
  if ('json' in part) return structuredClone(part.json);
  if ('number' in part) return Number(part.number);
  if ('nothing' in part) return undefined;
  if ('text' in part) return part.text.repeat(part.times);
  if ('deep' in part) return deep(part.deep, part.of);
  if ('many' in part) return new Array<unknown>(part.many).fill(structuredClone(part.of));
  const holder: Fields = {};
  put(holder, part.own, structuredClone(part.is));
  return holder;
}

function deep(levels: number, of: 'lists' | 'objects'): unknown {
  let value: unknown = 0;
  for (let level = 0; level < levels; level++) value = of === 'lists' ? [value] : { a: value };
  return value;
}

const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'toJSON',
  'hasOwnProperty',
  'length',
  'then',
];

/** `own`: texts and values that mean something to the reader under test. */
export function valueRecipes(
  bases: readonly string[],
  own: readonly unknown[] = [],
): fc.Arbitrary<ValueRecipe> {
  const part = parts(own);
  const place = fc.nat({ max: 400 });
  const key = fc.constantFrom(...KEYS, 'policy', 'uri', 'command');
  const edit = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('set' as const), place, to: part }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), place }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('add' as const), place, key, to: part }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('whole' as const), to: part }) },
  );
  return fc.record({
    base: fc.constantFrom(...bases),
    edits: fc.array(edit, { minLength: 1, maxLength: 4 }),
  });
}

function parts(own: readonly unknown[]): fc.Arbitrary<Part> {
  const json = fc.oneof(
    fc.constantFrom<unknown>(...own, null, true, false, '', [], {}, 0, -1, 1.5, '12', 2 ** 53, 1e308, -1e308),
    fc.constantFrom(...TOKENS),
    fc.string({ unit: 'binary', maxLength: 90 }),
    fc.jsonValue({ maxDepth: 2 }),
  );
  return fc.oneof(
    { weight: 12, arbitrary: fc.record({ json }) },
    {
      weight: 2,
      arbitrary: fc.record({ number: fc.constantFrom('NaN', 'Infinity', '-Infinity', '-0') }),
    },
    { weight: 1, arbitrary: fc.record({ nothing: fc.constant(true as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        text: fc.constantFrom(...TOKENS),
        times: sized([1, 40, 300, 5_000], 1_000_000),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        deep: sized([3, 100, 20_000], 200_000),
        of: fc.constantFrom('lists', 'objects'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ many: sized([2, 65, 5_000], 100_000), of: json }) },
    { weight: 2, arbitrary: fc.record({ own: fc.constantFrom(...KEYS), is: json }) },
  );
}

/** The last, which takes its time, now and then only. */
function sized(usual: readonly number[], giant: number): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 15, arbitrary: fc.constantFrom(...usual) },
    { weight: 1, arbitrary: fc.constant(giant) },
  );
}
