/** What the documents say that a command prints, held against what it printed; or written anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, ROOT } from './markdown';

/** Set: the documents get what was printed. The fleet then works at the demo's pace. */
export const RECORDING = Boolean(process.env.VGPU_FERRY_RECORD_DOCS);

/** Without what differs from run to run: figures, times, UUIDs, the length of bars and the width of columns. */
export function masked(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/\d+(?:[.,:]\d+)*/g, '0')
    .replace(/█+/g, '█')
    .replace(/ +/g, ' ')
    .trimEnd();
}

/** Outputs by the block that is to have them; written at the end, from below, so that line numbers stay true until then. */
export class Recorder {
  private readonly outputs = new Map<Block, string>();

  note(block: Block, output: string): void {
    this.outputs.set(block, output.trimEnd());
  }

  write(): void {
    const fromBelow = [...this.outputs].sort(([a], [b]) => b.line - a.line);
    for (const [{ file, line, lines: length }, output] of fromBelow) {
      const path = join(ROOT, file);
      const lines = readFileSync(path, 'utf8').split('\n');
      lines.splice(line - 1, length, ...output.split('\n'));
      writeFileSync(path, lines.join('\n'));
    }
  }
}
