/** Each block of shell is run, or run by a test that it names, or stands in the list of those that are not. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, ROOT, blocks, documents, unreadFences } from './markdown';
import { NOT_RUN } from './not-run';
import { PROGRAM_IN_LINE, filledIn } from './shell';

const ALL = documents().flatMap(blocks);
const SHELL = ALL.filter(({ language }) => language === 'sh');
const having = (comment: string): Block[] => SHELL.filter(({ comments }) => comments.has(comment));
const nameOf = ({ file, text }: Block): string => `${file}: ${text.split('\n')[0]!.replace(/\s+#.*$/, '')}`;

test('the list of what is not run is the documents’, no more and no less', () => {
  expect(having('not run').map(nameOf).sort()).toEqual(NOT_RUN.map(({ block }) => block).sort());
});

test('what is said to do likewise is there', () => {
  const named = NOT_RUN.map(({ likewise }) => likewise);
  expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test('files that a reason names are there', () => {
  const named = having('not run').flatMap(
    ({ comments }) => comments.get('not run')!.match(/[\w.-]+(?:\/[\w.-]+)+/g) ?? [],
  );
  expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test.each(having('not run'))('$file:$line is not run, but bash can read it', ({ text }) => {
  const read = spawnSync('bash', ['-n'], { input: filledIn(text), encoding: 'utf8' });
  expect(read).toMatchObject({ status: 0, stderr: '' });
});

/** By which texts that file fetches blocks of that document. */
function fetchedBy(source: string, document: string): string[] {
  const page = document.replace(/^docs\//, '');
  return [...source.matchAll(/(?:blockOf|documented)\(\s*'([^']+)',\s*'((?:\\.|[^'])+)'/g)].flatMap(
    ([, file, text]) => (file === document || file === page ? [text!.replace(/\\(.)/g, '$1')] : []),
  );
}

test.each(having('run by'))('$file:$line is run by the file that it names', ({ file, text, comments }) => {
  const [runner = ''] = comments.get('run by')!.split(/[,\s]/);
  const texts = fetchedBy(readFileSync(join(ROOT, runner), 'utf8'), file);
  expect(texts.some((part) => text.includes(part))).toBe(true);
});

test('no fence is written in a way that is not read', () => {
  expect(documents().flatMap(unreadFences)).toEqual([]);
});

/** Pages that are made of the help have its examples in them; they are run as such. */
const isHelp = ({ file }: Block): boolean => file === 'docs/reference-cli.md';

test('no block of another language is shell', () => {
  const others = ALL.filter(({ language }) => language !== 'sh');
  const known = ['', 'text', 'json', 'yaml', 'ini', 'toml'];
  expect(others.filter(({ language }) => !known.includes(language))).toEqual([]);
  const commands = others
    .filter(
      (block) =>
        !isHelp(block) && !block.comments.has('output') && ['', 'text', 'ini'].includes(block.language),
    )
    .flatMap(({ file, line, text }) =>
      text
        .split('\n')
        .filter((words) => /^\s*\$ /.test(words) || PROGRAM_IN_LINE.test(words))
        .map((words) => `${file}:${line}: ${words}`),
    );
  expect(commands).toEqual([]);
});
