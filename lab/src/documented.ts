/** Commands as docs/ has them, so that what an operator is told to type is what the lab does. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from './image';

/** The block of shell in docs/`page` that contains this text. */
export async function documented(page: string, text: string): Promise<string> {
  const markdown = await readFile(join(REPOSITORY, 'docs', page), 'utf8');
  const blocks = [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  const block = blocks.find((candidate) => candidate.includes(text));
  if (block === undefined) throw new Error(`docs/${page} has no block of shell with: ${text}`);
  return block;
}
