/**
 * What the tests of the documents read in them: fenced blocks with the comments above them, code in lines, links, headings.
 *
 * A block that begins with ```sh is run, as it stands, against a fleet of simulated hosts (fleet.ts); it has to end with 0.
 * Each document begins with the demo's guest on host-a. A comment above the block says more:
 *
 *   <!-- run by: a file, and why not here -->    that file runs it instead: it fetches the block's text by blockOf or, in the lab,
 *                                                by `documented`
 *   <!-- not run: why -->                        nothing runs it; it stands in the list of not-run.ts. Its commands are only held
 *                                                against what vgpu-ferry, temporal and npm know
 *   <!-- while: a guest moves -->                <guest uuid> is one whose migration stays in pre-copy; else it is one on host-a.
 *                                                Other scenes: see fleet.ts
 *   <!-- exit status: 1 -->                      what the block has to end with; "0 or 1": the machine decides
 *   <!-- file: ~/.config/some.toml -->           above a block of another language: a file that the blocks of its document find
 *   <!-- output -->                              above a ```text block: what the block before it prints. Figures and UUIDs may
 *                                                differ; VGPU_FERRY_RECORD_DOCS=1 npx jest test/docs/commands writes it anew
 *
 * Placeholders that have a value: see PLACEHOLDERS. Code `in a line` that begins with such a program is looked at as if its block
 * were not run. A ```json block is a configuration of the agent, unless its comment says `<!-- json: what it is -->`.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '..', '..');

export interface Block {
  /** Relative to the root. */
  file: string;
  /** Of its first line of text, from 1. */
  line: number;
  language: string;
  text: string;
  /** Of its text; 0 if it is empty. */
  lines: number;
  /** Of the comment above it: `not run` → why. */
  comments: ReadonlyMap<string, string>;
}

export interface Place {
  file: string;
  line: number;
  text: string;
}

/** In the order in which one reads: the README, the index, then the pages as the index names them, then the rest. */
export function documents(): string[] {
  const index = 'docs/README.md';
  const pages = readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  const named = existsSync(join(ROOT, index))
    ? links(index).map(({ text }) => join('docs', text.split('#')[0]!))
    : [];
  return [...new Set(['README.md', index, ...named.filter((file) => pages.includes(file)), ...pages.sort()])];
}

const FENCE = /^(\s*)```(\w*)\s*$/;
const COMMENT = /^\s*<!--\s*([\w ]+?)\s*(?::\s*(.*?)\s*)?-->\s*$/;

export function blocks(file: string): Block[] {
  const lines = linesOf(file);
  const found: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const fence = FENCE.exec(lines[at]!);
    if (!fence) continue;
    const end = lines.findIndex((line, index) => index > at && /^\s*```\s*$/.test(line));
    if (end < 0) throw new Error(`${file}:${at + 1}: this block has no end`);
    const text = lines.slice(at + 1, end).map((line) => line.slice(fence[1]!.length));
    const comments = commentsAbove(lines, at);
    found.push({
      file,
      line: at + 2,
      language: fence[2]!,
      text: text.join('\n'),
      lines: text.length,
      comments,
    });
    at = end;
  }
  return found;
}

/** The one block of shell of that document in which this text stands, for a test that runs it by itself. */
export function blockOf(file: string, text: string): Block {
  const found = blocks(file).filter((block) => block.language === 'sh' && block.text.includes(text));
  if (found.length !== 1)
    throw new Error(`${file}: ${found.length} blocks of shell have "${text}", required one`);
  return found[0]!;
}

/** Lines that look like the begin of a block, but are not read as one here: they would slip through. */
export function unreadFences(file: string): Place[] {
  return linesOf(file).flatMap((text, index) =>
    /^[\s>]*(```|~~~)/.test(text) && !FENCE.test(text) ? [{ file, line: index + 1, text }] : [],
  );
}

function commentsAbove(lines: readonly string[], fence: number): Map<string, string> {
  const comments = new Map<string, string>();
  for (let at = fence - 1; at >= 0; at -= 1) {
    const comment = COMMENT.exec(lines[at]!);
    if (comment) comments.set(comment[1]!, comment[2] ?? '');
    else if (lines[at]!.trim() !== '') break;
  }
  return comments;
}

/** Code in a line of prose or of a table. */
export function inlineCode(file: string): Place[] {
  return prose(file).flatMap(({ line, text }) =>
    [...text.matchAll(/`([^`]+)`/g)].map((match) => ({ file, line, text: match[1]! })),
  );
}

/** Targets of links and pictures. */
export function links(file: string): Place[] {
  return prose(file).flatMap(({ line, text }) =>
    [...text.replace(/`[^`]*`/g, '').matchAll(/\](?:\(|: )([^)\s]+)/g)].map((match) => ({
      ...{ file, line, text: match[1]! },
    })),
  );
}

/** As GitHub names them; a heading that comes twice gets a number. */
export function anchors(file: string): string[] {
  const seen = new Map<string, number>();
  return prose(file).flatMap(({ text }) => {
    const heading = /^#{1,6}\s+(.*)$/.exec(text)?.[1];
    if (heading === undefined) return [];
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return [times === 0 ? slug : `${slug}-${times}`];
  });
}

function prose(file: string): Place[] {
  let fenced = false;
  return linesOf(file).flatMap((text, index) => {
    const fence = /^\s*```/.test(text);
    if (fence) fenced = !fenced;
    return fence || fenced ? [] : [{ file, line: index + 1, text }];
  });
}

function linesOf(file: string): string[] {
  return readFileSync(join(ROOT, file), 'utf8').split('\n');
}
