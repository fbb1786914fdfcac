/** The commands in the documents work: run as they stand, or, where a comment says why not, at least known to their programs. */
import { findTemporalCli } from '../../src/temporal/temporal-cli';
import { DEFAULT_TIMING } from '../../src/hypervisor/simulated';
import { DocsFleet } from './fleet';
import { type Line, problemsOf } from './known-commands';
import { type Block, type Place, blocks, documents, inlineCode } from './markdown';
import { RECORDING, Recorder, masked } from './outputs';
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

test('the comments above the blocks are such as are known, and say why a block is not run', () => {
  const wrong = SHELL.filter(({ comments }) =>
    [...comments].some(
      ([name, value]) => value === '' || !['not run', 'while', 'exit status'].includes(name),
    ),
  );
  expect(wrong.map(({ file, line }) => `${file}:${line}`)).toEqual([]);
});

describe('what is run', () => {
  let fleet: DocsFleet;
  const recorder = new Recorder();
  beforeAll(async () => {
    fleet = await DocsFleet.start(RECORDING ? DEFAULT_TIMING : {});
  }, 300_000);
  afterAll(async () => {
    await fleet.close();
    recorder.write();
  });

  const files = [...new Set(SHELL.filter(isRun).map(({ file }) => file))];
  // What the newcomer sees has no migrations before it.
  describe.each(files.sort((a, b) => Number(isAfterDemo(b)) - Number(isAfterDemo(a))))('%s', (file) => {
    beforeAll(() => fleet.bring(isAfterDemo(file) ? 'host-b' : 'host-a'), 60_000);

    test.each(SHELL.filter((block) => block.file === file && isRun(block)))(
      'line $line',
      async (block) => {
        const { status, stderr, stdout } = await fleet.run(block);
        const expected = Number(block.comments.get('exit status') ?? 0);
        // with what it said, if the status is another
        if (status !== expected) expect({ status, stderr, stdout }).toEqual({ status: expected });
        const output = outputOf(block);
        if (output && RECORDING) recorder.note(output, stdout);
        else if (output) expect(masked(stdout)).toBe(masked(output.text));
        else expect(status).toBe(expected);
      },
      120_000,
    );
  });
});

/** The block below it, if that says what it prints. */
function outputOf(block: Block): Block | undefined {
  const all = blocks(block.file);
  const next = all[all.findIndex(({ line }) => line === block.line) + 1];
  return next?.comments.has('output') ? next : undefined;
}

/** A document that begins with the demo goes on where the demo has left its guest. */
function isAfterDemo(file: string): boolean {
  return SHELL.some((block) => block.file === file && block.text.includes('npm run demo -- --keep'));
}
