/** Lets a plain `node` run TypeScript, for tests that need a second process: node -r ./register-ts.js file.ts */
const { transformFileSync } = require('@swc/core');

/** @type {import('@swc/core').Options} */
const options = { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } };

require.extensions['.ts'] = (/** @type {any} */ module, /** @type {string} */ file) => {
  module._compile(transformFileSync(file, options).code, file);
};
