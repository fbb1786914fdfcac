/** Lets a plain `node -r ./test/support/register-ts.js program.ts` run our sources: for tests of whole processes. */
const { transformFileSync } = require('@swc/core');

/** @type {any} */ (require).extensions['.ts'] = (/** @type {any} */ module, /** @type {string} */ file) => {
  const { code } = transformFileSync(file, {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs', ignoreDynamic: true },
    sourceMaps: 'inline',
  });
  module._compile(code, file);
};
