/** The workflow bundle as the tests need it: made from the sources, once for each state of them. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type BundleOptions, DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';

const ROOT = join(__dirname, '..', '..');
const CACHE = join(ROOT, 'node_modules', '.cache', 'vgpu-ferry-test');
const PREVIOUS = join(ROOT, 'test', 'fixtures', 'workflow-bundle.v1.js.gz');
const INTERCEPTORS = '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors';
const QUICK_TIMING = join(__dirname, 'quick-timing.ts');

/** `quick`: with the waits of quick-timing.ts instead of the product's. `traced`: with OpenTelemetry's interceptors. */
export type Pace = 'real' | 'quick' | 'traced';

export async function workflowBundle(pace: Pace = 'real'): Promise<{ codePath: string }> {
  const codePath = join(CACHE, `workflows-${pace}-${hashOfInputs()}.js`);
  if (!existsSync(codePath)) await bundleTo(codePath, pace);
  return { codePath };
}

/** As the version before this one had built it (see test/fixtures): an upgrade meets its workflows. */
export function previousWorkflowBundle(): { code: string } {
  return { code: gunzipSync(readFileSync(PREVIOUS)).toString('utf8') };
}

async function bundleTo(codePath: string, pace: Pace): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows', 'index.ts'),
    failureConverterPath: join(ROOT, 'src', 'failure-converter', 'for-workflows.ts'),
    payloadConverterPath: join(ROOT, 'workflows', 'payload-converter.ts'),
    logger: new DefaultLogger('WARN'),
    ...(pace === 'quick' && { webpackConfigHook: withQuickTiming }),
    ...(pace === 'traced' && { workflowInterceptorModules: [require.resolve(INTERCEPTORS)] }),
  });
  mkdirSync(CACHE, { recursive: true });
  const unfinished = `${codePath}.${process.pid}`;
  writeFileSync(unfinished, code);
  renameSync(unfinished, codePath);
}

const withQuickTiming: NonNullable<BundleOptions['webpackConfigHook']> = (config) => ({
  ...config,
  plugins: [
    ...(config.plugins ?? []),
    (compiler) =>
      compiler.hooks.normalModuleFactory.tap('quick timing', (factory) =>
        factory.hooks.beforeResolve.tap('quick timing', (module) => {
          if (module.request === './timing' && basename(module.context) === 'workflows')
            module.request = QUICK_TIMING;
        }),
      ),
  ],
});

function hashOfInputs(): string {
  const hash = createHash('sha256');
  const folders = ['workflows', 'src/contract', 'src/failure-converter'].map((folder) => join(ROOT, folder));
  for (const folder of folders)
    for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  hash.update(readFileSync(QUICK_TIMING)).update(readFileSync(join(ROOT, 'package-lock.json')));
  return hash.digest('hex').slice(0, 16);
}
