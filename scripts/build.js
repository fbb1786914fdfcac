/**
 * Builds dist/: the compiled programs, and the workflow bundle that the orchestrator loads.
 * Each step is skipped if nothing that goes into it has changed, so that `npm run demo` costs nothing when built.
 */
const { Buffer } = require('node:buffer');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const dist = path.join(root, 'dist');
const SOURCES = ['src', 'workflows', 'activities'];
const WORKFLOW_INPUTS = [
  'workflows',
  'src/contract',
  'src/failure-converter',
  'package-lock.json',
  'scripts/build.js',
];

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} output file that must exist for the step to count as done
 * @property {string[]} inputs files and folders, relative to the root
 * @property {() => void | Promise<void>} run
 */

/** @type {Step[]} */
const steps = [
  {
    name: 'compile',
    output: 'dist/src',
    inputs: [...SOURCES, 'package-lock.json', 'scripts/build.js'],
    run: compile,
  },
  {
    name: 'workflow bundle',
    output: 'dist/workflow-bundle.js',
    inputs: WORKFLOW_INPUTS,
    run: () => bundleWorkflows('workflow-bundle.js', []),
  },
  {
    name: 'traced workflow bundle',
    output: 'dist/workflow-bundle-traced.js',
    inputs: WORKFLOW_INPUTS,
    run: () =>
      bundleWorkflows('workflow-bundle-traced.js', [
        require.resolve('@temporalio/interceptors-opentelemetry/lib/workflow-interceptors'),
      ]),
  },
];

/** Without type-checking, which is a check of its own: this takes a second, and a newcomer waits for it. */
function compile() {
  for (const folder of SOURCES) fs.rmSync(path.join(dist, folder), { recursive: true, force: true });
  const files = SOURCES.flatMap((folder) => filesOf(path.join(root, folder)));
  for (const file of files.filter((name) => name.endsWith('.ts'))) compileFile(file);
}

/** @param {string} file */
function compileFile(file) {
  const output = path.join(dist, path.relative(root, file)).replace(/\.ts$/, '.js');
  const { code, map } = require('@swc/core').transformFileSync(file, {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs', ignoreDynamic: true }, // an import() is how a module of the other kind is loaded
    sourceMaps: true,
    sourceFileName: path.relative(path.dirname(output), file),
  });
  fs.mkdirSync(path.dirname(output), { recursive: true });
  fs.writeFileSync(output, `${code}\n//# sourceMappingURL=${path.basename(output)}.map\n`);
  fs.writeFileSync(`${output}.map`, map ?? '');
}

/**
 * The traced one is the same with OpenTelemetry's interceptors in it: half as large again, and so for those alone who trace.
 * @param {string} name
 * @param {string[]} workflowInterceptorModules
 */
async function bundleWorkflows(name, workflowInterceptorModules) {
  const { bundleWorkflowCode, DefaultLogger } = require('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(root, 'workflows/index.ts'),
    failureConverterPath: path.join(root, 'src/failure-converter/for-workflows.ts'),
    payloadConverterPath: path.join(root, 'workflows/payload-converter.ts'),
    logger: new DefaultLogger('WARN'),
    workflowInterceptorModules,
  });
  fs.mkdirSync(dist, { recursive: true });
  fs.writeFileSync(path.join(dist, name), withRelativeSources(code));
}

/**
 * The bundle's source map names files by the folder that it was built in, which is nobody's business.
 * @param {string} code
 */
function withRelativeSources(code) {
  return code.replace(
    /(sourceMappingURL=data:application\/json[^,]*;base64,)([\w+/=]+)/,
    (_all, head, map) => {
      const text = Buffer.from(map, 'base64').toString('utf8').replaceAll(`${root}${path.sep}`, '');
      return head + Buffer.from(text).toString('base64');
    },
  );
}

/** @param {string} file @returns {string[]} the file itself, or all files below the folder, sorted */
function filesOf(file) {
  if (!fs.statSync(file).isDirectory()) return [file];
  const entries = fs.readdirSync(file).sort();
  return entries.flatMap((entry) => filesOf(path.join(file, entry)));
}

/** @param {Step} step */
function hashOf(step) {
  const hash = createHash('sha256');
  for (const file of step.inputs.flatMap((input) => filesOf(path.join(root, input)))) {
    hash.update(path.relative(root, file)).update('\0').update(fs.readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** @param {Step} step */
async function runIfStale(step) {
  const stamp = path.join(dist, `.${step.name.replaceAll(' ', '-')}.stamp`);
  const hash = hashOf(step);
  const fresh =
    fs.existsSync(path.join(root, step.output)) &&
    fs.existsSync(stamp) &&
    fs.readFileSync(stamp, 'utf8') === hash;
  if (fresh) return;
  const start = Date.now();
  await step.run();
  fs.writeFileSync(stamp, hash);
  console.error(`${step.name}: ${((Date.now() - start) / 1000).toFixed(1)} s`);
}

async function main() {
  if (process.argv.includes('--clean')) fs.rmSync(dist, { recursive: true, force: true });
  // a newcomer's first look is not traced, and must not wait for it
  const wanted = process.argv.includes('--untraced') ? steps.slice(0, -1) : steps;
  for (const step of wanted) await runIfStale(step);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
