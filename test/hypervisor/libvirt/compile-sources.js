/** Loaded first in the adapter's threads when its TypeScript sources are run, which happens in tests only. */
const { transformFileSync } = require('@swc/core');

/**
 * @param {{ _compile(code: string, filename: string): void }} module
 * @param {string} filename
 */
function compile(module, filename) {
  const { code } = transformFileSync(filename, {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
    swcrc: false,
  });
  module._compile(code, filename);
}

// Node's own table of loaders: deprecated in its documents, and not going away.
require.extensions['.ts'] = /** @type {(typeof require.extensions)['.js']} */ (
  /** @type {unknown} */ (compile)
);
