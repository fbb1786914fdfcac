/** What is said of a metrics address that can't be listened on: by the program itself, in a process of its own. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { ExitCode } from '../../src/cli/exit-codes';

const ROOT = join(__dirname, '..', '..');

function orchestrator(address: string): { status: number | null; stderr: string } {
  const args = ['-r', './test/support/register-ts.js', 'src/cli/main.ts', 'orchestrator'];
  const env = { ...process.env, VGPU_FERRY_METRICS_ADDRESS: address, TEMPORAL_ADDRESS: '127.0.0.1:1' };
  return spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' });
}

test('a port that is in use', async () => {
  const holder = createServer();
  await once(holder.listen(0, '127.0.0.1'), 'listening');
  const address = `127.0.0.1:${(holder.address() as AddressInfo).port}`;
  const { status, stderr } = orchestrator(address);
  holder.close();
  expect(stderr).toContain(`VGPU_FERRY_METRICS_ADDRESS is "${address}", but another program listens there`);
  expect(stderr).toContain('needs a port of its own');
  expect(status).toBe(ExitCode.Usage);
});

test.each([
  ['a name instead of an address', 'localhost:9464', 'required is an IP address with a port'],
  ['no port', '127.0.0.1', 'required is an IP address with a port'],
  ["an address that is not this machine's", '192.0.2.1:9464', 'cannot be listened on'],
])('%s', (_what, address, says) => {
  const { status, stderr } = orchestrator(address);
  expect(stderr).toContain(`VGPU_FERRY_METRICS_ADDRESS is "${address}"`);
  expect(stderr).toContain(says);
  expect(status).toBe(ExitCode.Usage);
});
