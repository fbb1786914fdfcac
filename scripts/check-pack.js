/** Checks what `npm pack` would publish: all that the installed program needs, and nothing else. */
const { execFileSync } = require('node:child_process');
const path = require('node:path');

const ALLOWED = [
  /^dist\/(src|workflows|activities)\//,
  /^dist\/workflow-bundle(-traced)?\.js$/,
  /^docs\//,
  /^man\//,
];
const REQUIRED = [
  'LICENSE',
  'README.md',
  'package.json',
  'dist/src/cli/main.js',
  'dist/workflow-bundle.js',
  'dist/workflow-bundle-traced.js',
];

const root = path.resolve(__dirname, '..');
const answer = execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: root, encoding: 'utf8' });
const [{ files: entries, size }] = JSON.parse(answer.slice(answer.indexOf('[\n')));
/** @type {string[]} */
const files = entries.map((/** @type {{ path: string }} */ entry) => entry.path);

const missing = REQUIRED.filter((file) => !files.includes(file));
const surplus = files.filter(
  (file) => !REQUIRED.includes(file) && !ALLOWED.some((pattern) => pattern.test(file)),
);
if (missing.length > 0) console.error(`npm pack lacks: ${missing.join(', ')}`);
if (surplus.length > 0) console.error(`npm pack would publish what it should not: ${surplus.join(', ')}`);
if (missing.length + surplus.length > 0) process.exitCode = 1;
else console.log(`npm pack: ${files.length} files, ${Math.round(size / 1024)} KiB`);
