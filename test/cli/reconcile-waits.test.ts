/** A sweep that no orchestrator takes up: whoever waits for it is told why. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../src/temporal/embedded';

const ROOT = join(__dirname, '..', '..');
let temporal: EmbeddedTemporal;

beforeAll(async () => {
  temporal = await startEmbeddedTemporal();
}, 300_000);
afterAll(() => temporal.stop());

test('says that no orchestrator has taken it up, and waits on', async () => {
  const command = ['-r', join(ROOT, 'test/support/register-ts.js'), join(ROOT, 'src/cli/main.ts')];
  const child = spawn(process.execPath, [...command, 'reconcile', 'host-a'], {
    env: { ...process.env, TEMPORAL_ADDRESS: temporal.address },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (/No orchestrator has taken it up.*vgpu-ferry orchestrator/.test(said)) resolve();
      });
      child.once('exit', () => reject(new Error(`it ended: ${said}`)));
    });
    expect(child.exitCode).toBeNull();
  } finally {
    child.kill();
  }
}, 60_000);
