/**
 * Makes the tree that the Debian package installs: the programs in one file each, with the native libraries of this
 * platform alone, and without what bundles workflows (the package carries the bundle itself).
 *
 *   node packaging/bundle.js <folder>
 *
 * The layout below the folder is that of the npm package, so that the programs find their parts in the same way.
 */
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const esbuild = require('esbuild');

const root = path.resolve(__dirname, '..');
const modules = path.join(root, 'node_modules');

/** Of @temporalio/core-bridge's own names; a package is made on the platform that it is for. */
const NATIVE = { x64: 'x86_64-unknown-linux-gnu', arm64: 'aarch64-unknown-linux-gnu' };

/** The programs, the threads that they start by file name, and what the SDK loads by file name. */
const ENTRIES = {
  main: path.join(root, 'src/cli/main.ts'),
  thread: path.join(root, 'src/hypervisor/libvirt/thread.ts'),
  'activity-failures': path.join(root, 'src/temporal/codec/activity-failures.ts'),
  'event-loop-thread': path.join(root, 'src/hypervisor/libvirt/event-loop-thread.ts'),
  'workflow-worker-thread': path.join(modules, '@temporalio/worker/lib/workflow/workflow-worker-thread.js'),
};

/** @type {import('esbuild').Plugin} Its webpack and swc would be most of the package, and nobody bundles on a host. */
const withoutBundler = {
  name: 'without the workflow bundler',
  setup(build) {
    const place = { path: 'bundler', namespace: 'absent' };
    build.onResolve({ filter: /\/workflow\/bundler$/ }, ({ importer }) =>
      importer.includes('@temporalio/worker') ? place : undefined,
    );
    const contents = `
      const absent = () => { throw new Error('This package carries its workflows bundled; it has no bundler.'); };
      exports.WorkflowCodeBundler = class { constructor() { absent(); } };
      exports.bundleWorkflowCode = absent;
      exports.defaultWorkflowInterceptorModules = [];
    `;
    build.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents, loader: 'js' }));
  },
};

/** @param {string} folder */
async function bundle(folder) {
  const programs = path.join(folder, 'dist/src/cli');
  const { metafile } = await esbuild.build({
    metafile: true,
    entryPoints: ENTRIES,
    outdir: programs,
    bundle: true,
    platform: 'node',
    target: 'node20.3',
    format: 'cjs',
    keepNames: true, // error types go by their names
    // koffi is loaded through createRequire, by its name
    external: ['koffi'],
    alias: { 'jsonc-parser': path.join(modules, 'jsonc-parser/lib/esm/main.js') },
    plugins: [withoutBundler],
    logLevel: 'error',
    logOverride: { 'require-resolve-not-external': 'silent' },
  });
  fs.chmodSync(path.join(programs, 'main.js'), 0o755);
  copyNatives(folder, programs);
  // source-map, by which the worker makes a workflow's stack readable, looks for it beside itself.
  const mappings = 'mappings.wasm';
  copy(path.join(modules, 'source-map/lib', mappings), path.join(programs, mappings));
  for (const name of ['workflow-bundle.js', 'workflow-bundle-traced.js'])
    fs.copyFileSync(path.join(root, 'dist', name), path.join(folder, 'dist', name));
  fs.writeFileSync(path.join(folder, 'third-party-licences.txt'), licencesOf(Object.keys(metafile.inputs)));
  const { name, version, license } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify({ name, version, license })}\n`);
}

/**
 * The licence of each package that a part of is in the bundle, and of those that are copied beside it.
 * @param {string[]} inputs
 */
function licencesOf(inputs) {
  const packageOf = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;
  const folders = inputs.flatMap(
    (input) => packageOf.exec(path.relative(root, path.resolve(input)))?.[1] ?? [],
  );
  const all = [...new Set([...folders, 'node_modules/koffi'])].sort();
  return all.map((folder) => licenceOf(path.join(root, folder))).join(`\n${'-'.repeat(80)}\n\n`);
}

/** @param {string} folder */
function licenceOf(folder) {
  const { name, version, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const files = fs.readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  const texts = files.map((file) => fs.readFileSync(path.join(folder, file), 'utf8'));
  return [`${name} ${version}: ${license ?? 'see below'}`, ...texts].join('\n\n');
}

/** @param {string} folder @param {string} programs */
function copyNatives(folder, programs) {
  const arch = /** @type {keyof NATIVE} */ (os.arch());
  const bridge = path.join('releases', NATIVE[arch], 'index.node');
  copy(path.join(modules, '@temporalio/core-bridge', bridge), path.join(programs, bridge));
  const koffi = path.join('node_modules/koffi');
  for (const part of ['package.json', 'index.cjs', 'LICENSE.txt', 'src/koffi/index.cjs', 'src/koffi/src'])
    copy(path.join(root, koffi, part), path.join(folder, koffi, part));
  const platform = `node_modules/@koromix/koffi-linux-${arch}`;
  for (const part of ['package.json', 'index.js', `linux_${arch}`])
    copy(path.join(root, platform, part), path.join(folder, platform, part));
}

/** @param {string} from @param {string} to */
function copy(from, to) {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  // koffi's package has its C++ beside its JavaScript
  const filter = (/** @type {string} */ file) => !/\.(cc|hh|S|asm|inc)$/.test(file);
  fs.cpSync(from, to, { recursive: true, dereference: true, filter });
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node packaging/bundle.js <folder>');
  process.exitCode = 2;
} else {
  bundle(path.resolve(folder)).catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}
