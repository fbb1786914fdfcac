/** The commands in the documents work: run as they stand, or, where a comment says why not, at least known to their programs. */
import { findTemporalCli } from '../../src/temporal/temporal-cli';
import { DocsFleet } from './fleet';
import { type Line, problemsOf } from './known-commands';
import { type Block, type Place, blocks, documents, inlineCode } from './markdown';
import { commandsOf, filledIn, withoutPrefix } from './shell';

const SHELL = documents()
  .flatMap(blocks)
  .filter(({ language }) => language === 'sh');
const isRun = ({ comments }: Block): boolean => !comments.has('not run');

/** Examples in the help. */
const EXAMPLES = blocks('docs/reference-cli.md').flatMap(({ file, line, text }) =>
  text.split('\n').flatMap((example, index): Place[] => {
    const found = /^ {2}(vgpu-ferry .*)$/.exec(example)?.[1];
    return found === undefined ? [] : [{ file, line: line + index, text: found }];
  }),
);

const PROGRAM_IN_LINE = /^(?:TEMPORAL_\w+=\S+ )?(?:vgpu-ferry|temporal|npm|npx) /;

/** What is left out in a line of prose. */
const ELLIPSIS = /\s(?:…|\.\.\.)(?=\s|$)/g;

const lineOf = ({ file, line, text }: Place, whole: boolean): Line[] =>
  commandsOf(filledIn(text.replace(ELLIPSIS, ''))).map((words) => ({
    ...{ at: `${file}:${line}`, words: withoutPrefix(words), whole },
  }));

test('what is not run is known to its program', async () => {
  const lines = [
    ...SHELL.filter((block) => !isRun(block)).flatMap((block) => lineOf(block, true)),
    ...EXAMPLES.flatMap((example) => lineOf(example, true)),
    ...documents()
      .flatMap(inlineCode)
      .filter(({ text }) => PROGRAM_IN_LINE.test(text))
      .flatMap((place) => lineOf(place, false)),
  ];
  expect(EXAMPLES.length).toBeGreaterThan(0);
  expect(problemsOf(lines, await findTemporalCli())).toEqual([]);
}, 120_000);

test('what is not run says why', () => {
  const silent = SHELL.filter(({ comments }) => comments.get('not run') === '');
  expect(silent.map(({ file, line }) => `${file}:${line}`)).toEqual([]);
});

describe('what is run', () => {
  let fleet: DocsFleet;
  beforeAll(async () => {
    fleet = await DocsFleet.start();
  }, 300_000);
  afterAll(() => fleet.close());

  const files = [...new Set(SHELL.filter(isRun).map(({ file }) => file))];
  describe.each(files)('%s', (file) => {
    beforeAll(() => fleet.bringHome(), 60_000);

    test.each(SHELL.filter((block) => block.file === file && isRun(block)))(
      'line $line',
      async (block) => {
        const { status, stderr, stdout } = await fleet.run(block);
        const expected = Number(block.comments.get('exit status') ?? 0);
        // what it said stands in the message if the status is another
        if (status !== expected) expect({ status, stderr, stdout }).toEqual({ status: expected });
        expect(status).toBe(expected);
      },
      120_000,
    );
  });
});
