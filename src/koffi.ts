/** koffi, which calls C libraries: it has a CommonJS build, but its types describe the ES module only. */
import { createRequire } from 'node:module';
import type * as Koffi from 'koffi' with { 'resolution-mode': 'import' };

export type { Koffi };

export const koffi = createRequire(__filename)('koffi') as typeof Koffi;
