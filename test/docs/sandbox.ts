/** What lets blocks that are meant for a host's root run as anybody: a folder that stands for /, and nobody else's users. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Block, blocks } from './markdown';

/** A path of the machine that a block may write or read. */
const PATH = /(?<![\w./}-])(?:\/etc|\/var\/lib|~)(?=\/)/g;

/** The same text, with paths below that folder; `~` is its /root. */
export function below(root: string, text: string): string {
  return text.replace(PATH, (path) => `${root}${path === '~' ? '/root' : path}`);
}

/** Shell, for the begin of a script: `install` as it is, but to whoever runs it. */
export const INSTALL_TO_SELF = `install() {
  local kept=()
  while (($# > 0)); do
    case $1 in -o | -g) shift 2 ;; *) kept+=("$1") && shift ;; esac
  done
  command install "\${kept[@]}"
}`;

/** Puts the files of a document, which its comments `file: …` name, where they belong; what is in them is given to `filled` first. */
export function layOutFiles(root: string, document: string, filled = (text: string): string => text): void {
  for (const block of blocks(document)) {
    const file = fileOf(block);
    if (file === undefined) continue;
    const path = below(root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${below(root, filled(block.text))}\n`);
  }
}

function fileOf({ file, line, comments }: Block): string | undefined {
  const path = comments.get('file');
  if (path !== undefined && below('', path) === path && !path.startsWith('/'))
    throw new Error(`${file}:${line}: ${path} is not a path that a folder can stand for`);
  return path;
}
