/** The commands in the documents work: run as they stand, or, where a comment says why not, at least known to their programs. */
import { findTemporalCli } from '../../src/temporal/temporal-cli';
import { DEFAULT_TIMING } from '../../src/hypervisor/simulated';
import { testWith } from '../support/programs-there';
import { EXAMPLES, exampleBlocks } from './examples';
import { DocsFleet } from './fleet';
import { type Line, problemsOf } from './known-commands';
import { type Block, type Place, blocks, documents, inlineCode } from './markdown';
import { RECORDING, Recorder, masked } from './outputs';
import { PROGRAM_IN_LINE, commandsOf, filledIn, withoutPrefix } from './shell';

const SHELL = documents()
  .flatMap(blocks)
  .filter(({ language }) => language === 'sh');
const isRun = ({ comments }: Block): boolean => !comments.has('not run') && !comments.has('run by');

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
      ([name, value]) => value === '' || !['not run', 'run by', 'while', 'exit status'].includes(name),
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
        const expected = (block.comments.get('exit status') ?? '0').match(/\d+/g)!.map(Number);
        // with what it said, if the status is another
        if (!expected.includes(status)) expect({ status, stderr, stdout }).toEqual({ status: expected });
        const output = outputOf(block);
        if (output && RECORDING) recorder.note(output, stdout);
        else if (output) expect(masked(stdout)).toBe(masked(output.text));
        else expect(expected).toContain(status);
      },
      180_000,
    );
  });

  describe('examples in the help', () => {
    beforeEach(() => fleet.bring('host-a'), 60_000);

    for (const example of exampleBlocks())
      testWith(
        example.text.includes('| jq ') ? ['jq'] : [],
        example.text,
        async () => {
          const ran = await fleet.run(example);
          expect(ran).toMatchObject({ status: 0 });
          expect(ran.stdout.trim()).not.toBe('null'); // what jq says of a field that is not there
        },
        180_000,
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
