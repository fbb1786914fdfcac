/** Links between the documents lead somewhere; configurations in them are such as the agent takes. */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseAgentConfig } from '../../src/agent/config';
import { type Place, ROOT, anchors, blocks, documents, links } from './markdown';

/** Null: it leads somewhere. */
function whyDead({ file, text }: Place): string | null {
  if (/^https?:/.test(text)) return null;
  const [path = '', anchor] = text.split('#');
  const target = path === '' ? file : relative(ROOT, join(ROOT, dirname(file), path));
  if (!existsSync(join(ROOT, target))) return `there is no ${target}`;
  if (anchor === undefined || anchors(target).includes(anchor)) return null;
  return `${target} has no heading ${anchor}; it has ${anchors(target).join(', ')}`;
}

test.each([...documents(), 'lab/README.md'])('links of %s', (file) => {
  const dead = links(file).flatMap((link) => whyDead(link) ?? []);
  expect(dead).toEqual([]);
});

test('each document is in the index', () => {
  const named = links('docs/README.md').map(({ text }) => `docs/${text.split('#')[0]}`);
  const missing = documents().filter((file) => file.startsWith('docs/') && !named.includes(file));
  expect(missing).toEqual(['docs/README.md']);
});

const CONFIGURATIONS = documents()
  .flatMap(blocks)
  .filter(({ language, comments }) => language === 'json' && !comments.has('json'));

test('there are configurations to look at', () => {
  expect(CONFIGURATIONS.length).toBeGreaterThan(0);
});

test.each(CONFIGURATIONS)('the configuration at $file:$line', ({ file, text }) => {
  expect(() => parseAgentConfig(file, text)).not.toThrow();
});
