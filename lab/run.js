/** Runs one of the lab's TypeScript programs without a build: node lab/run.js lab/src/up.ts */
const { readFileSync } = require('node:fs');
const { resolve } = require('node:path');
const { transformSync } = require('@swc/core');

/** @type {import('@swc/core').Options} */
const options = {
  jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

/** @type {(module: any, filename: string) => void} */
function compile(module, filename) {
  module._compile(transformSync(readFileSync(filename, 'utf8'), { ...options, filename }).code, filename);
}

require.extensions['.ts'] = compile;

require(resolve(process.argv[2] ?? ''));
