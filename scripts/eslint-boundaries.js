/**
 * The layout's one-way imports, as a table and the lint rule that holds the code to it.
 * The rule works on the text of the import alone, so a file that doesn't exist yet is judged too.
 */
const path = require('node:path');
const { isBuiltin } = require('node:module');

/** @import { Rule } from 'eslint' */

/**
 * @typedef {object} Layer
 * @property {string} at the folder or module that this row is about
 * @property {string[]} uses project folders or modules it may import, besides itself
 * @property {string[]} [types] of these it may import types only; '*' = of anything
 * @property {string[]} [packages] npm packages it may import; a trailing * stands for the rest of the name
 * @property {boolean} [node] may it import node's built-in modules
 */

const TEMPORAL = '@temporalio/*';
const PURE = { uses: ['src/contract'], types: ['src/hypervisor/port'], node: true };
const HOST_SIDE = [
  'src/hypervisor/port',
  'src/domain-xml',
  'src/mdev',
  'src/claims',
  'src/checks',
  'src/convergence',
  'src/reconcile',
  'src/files',
  'src/this-user',
];
const PROGRAM_PACKAGES = [TEMPORAL, 'pino', 'zod', 'picocolors', 'commander'];

/** @type {Layer[]} lowest first: a row names only rows above it. */
const LAYERS = [
  { at: 'src/contract', uses: [] },
  { at: 'src/files', uses: [], node: true },
  { at: 'src/this-user', uses: [], node: true },
  { at: 'src/metrics', uses: ['src/contract'], packages: ['@temporalio/common'] },
  { at: 'src/tracing', uses: [], packages: [TEMPORAL, '@opentelemetry/*'], node: true },
  { at: 'src/koffi', uses: [], packages: ['koffi'], node: true },
  { at: 'workflows', uses: ['src/contract'], types: ['*'], packages: ['@temporalio/workflow'] },
  { at: 'src/hypervisor/port', uses: ['src/contract'] },
  { ...PURE, at: 'src/domain-xml', packages: ['saxes'] },
  { ...PURE, at: 'src/mdev' },
  { ...PURE, at: 'src/claims', uses: ['src/contract', 'src/files', 'src/koffi'], packages: ['zod'] },
  { ...PURE, at: 'src/checks' },
  { at: 'src/convergence', uses: ['src/contract'] },
  { ...PURE, at: 'src/reconcile', types: ['src/hypervisor/port', 'src/claims'] },
  {
    at: 'src/hypervisor/libvirt',
    uses: ['src/contract', 'src/hypervisor/port', 'src/koffi'],
    packages: ['fast-xml-parser'],
    node: true,
  },
  {
    at: 'src/hypervisor/simulated',
    uses: ['src/contract', 'src/hypervisor/port', 'src/claims/file-lock', 'src/files'],
    packages: ['fast-xml-parser'],
    node: true,
  },
  {
    at: 'activities',
    uses: ['src/contract', ...HOST_SIDE],
    packages: ['@temporalio/activity', '@temporalio/common', 'zod'],
    node: true,
  },
  { at: 'src/failure-converter', uses: ['src/contract'], packages: ['@temporalio/common'] },
  {
    at: 'src/temporal',
    uses: ['src/contract', 'src/files', 'src/failure-converter'],
    packages: [TEMPORAL, 'zod'],
    node: true,
  },
  { at: 'src/codec-server', uses: ['src/temporal'], packages: ['@temporalio/common'], node: true },
  {
    at: 'src/report',
    uses: ['src/contract', 'src/checks', 'src/failure-converter'],
    packages: ['@temporalio/client', '@temporalio/common'],
  },
  {
    at: 'src/agent',
    uses: ['src/contract', 'src/metrics', ...HOST_SIDE, 'src/hypervisor', 'activities', 'src/temporal'],
    packages: [...PROGRAM_PACKAGES, 'jsonc-parser'],
    node: true,
  },
  {
    at: 'src/orchestrator',
    uses: [
      'src/contract',
      'src/metrics',
      'src/tracing',
      ...HOST_SIDE,
      'workflows',
      'src/temporal',
      'src/failure-converter',
    ],
    packages: PROGRAM_PACKAGES,
    node: true,
  },
  {
    at: 'src/doctor',
    uses: [
      'src/contract',
      'src/checks',
      'src/hypervisor',
      'src/agent',
      'src/temporal',
      'src/koffi',
      'src/this-user',
    ],
    packages: [TEMPORAL],
    node: true,
  },
  {
    at: 'src/cli',
    uses: ['src', 'activities', 'workflows'],
    packages: [...PROGRAM_PACKAGES, '@bomb.sh/tab'],
    node: true,
  },
];

/** @param {string} file @param {string} place */
const lies = (file, place) => file === place || file.startsWith(`${place}/`);

/** @param {string} name @param {string[]} patterns */
const matchesPackage = (name, patterns) =>
  patterns.some((p) =>
    p.endsWith('*') ? name.startsWith(p.slice(0, -1)) : name === p || name.startsWith(`${p}/`),
  );

/**
 * Why `file` may not import `specifier`, or undefined if it may. Both paths relative to the root, without extension.
 * @param {Layer} layer @param {string} file @param {string} specifier @param {boolean} typeOnly
 * @returns {string | undefined}
 */
function objection(layer, file, specifier, typeOnly) {
  const types = typeOnly ? (layer.types ?? []) : [];
  if (types.includes('*')) return undefined;
  if (isBuiltin(specifier)) return layer.node ? undefined : "node's built-in modules";
  if (!specifier.startsWith('.')) {
    return matchesPackage(specifier, layer.packages ?? []) ? undefined : `the package ${specifier}`;
  }
  const target = path.posix.join(path.posix.dirname(file), specifier).replace(/\.(js|ts)$/, '');
  const allowed = [layer.at, ...layer.uses, ...types];
  return allowed.some((place) => lies(target, place)) ? undefined : target;
}

/** @param {any} node */
const isTypeOnly = (node) =>
  node.importKind === 'type' ||
  node.exportKind === 'type' ||
  (node.specifiers?.length > 0 && node.specifiers.every((/** @type {any} */ s) => s.importKind === 'type'));

/** @type {Rule.RuleModule} */
const rule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      forbidden: '{{layer}} must not import {{target}}: see the table in scripts/eslint-boundaries.js.',
      homeless: '{{file}} is in no layer: add it to the table in scripts/eslint-boundaries.js.',
    },
  },
  create(context) {
    const relative = path.relative(context.cwd, context.filename).split(path.sep).join('/');
    const file = relative.replace(/\.ts$/, '');
    const layer = LAYERS.find(({ at }) => lies(file, at));
    if (!layer) {
      return { Program: (node) => context.report({ node, messageId: 'homeless', data: { file: relative } }) };
    }
    /** @param {any} node @param {any} source @param {boolean} typeOnly */
    const check = (node, source, typeOnly) => {
      if (typeof source?.value !== 'string') return;
      const target = objection(layer, file, source.value, typeOnly);
      if (target) context.report({ node, messageId: 'forbidden', data: { layer: layer.at, target } });
    };
    /** @type {Rule.RuleListener} */
    const listener = {
      ImportDeclaration: (node) => check(node, node.source, isTypeOnly(node)),
      ExportNamedDeclaration: (node) => check(node, node.source, isTypeOnly(node)),
      ExportAllDeclaration: (node) => check(node, node.source, isTypeOnly(node)),
      ImportExpression: (node) => check(node, node.source, false),
      TSImportType: (/** @type {any} */ node) => check(node, node.source ?? node.argument?.literal, true),
      TSExternalModuleReference: (/** @type {any} */ node) => check(node, node.expression, false),
      'CallExpression[callee.name="require"]': (/** @type {any} */ node) =>
        check(node, node.arguments[0], false),
      'CallExpression[callee.object.name="require"][callee.property.name="resolve"]': (
        /** @type {any} */ node,
      ) => check(node, node.arguments[0], false),
    };
    return listener;
  },
};

module.exports = { LAYERS, plugin: { rules: { boundaries: rule } } };
