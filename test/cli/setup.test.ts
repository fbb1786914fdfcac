/** `setup` and the filters of `list`, as a person calls them, in a namespace of its own for each. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { SEARCH_ATTRIBUTES } from '../../src/contract';
import { ExitCode } from '../../src/cli/exit-codes';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import type { EmbeddedTemporal } from '../../src/temporal/embedded';
import { Ferry, startTestServer } from '../support/ferry';
import { until } from '../support/until';

const ROOT = join(__dirname, '..', '..');
const NAMES = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);

let temporal: EmbeddedTemporal;
beforeAll(async () => {
  temporal = await startTestServer({ searchAttributes: [SEARCH_ATTRIBUTES.attention] });
}, 300_000);
afterAll(() => temporal.stop());

function vgpuFerry(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = ['-r', join(ROOT, 'test/support/register-ts.js'), join(ROOT, 'src/cli/main.ts'), ...args];
  const env = { ...process.env, TEMPORAL_ADDRESS: temporal.address };
  return spawnSync(process.execPath, command, { encoding: 'utf8', env });
}

test('what is missing is told, then made once; then migrations are listed by it', async () => {
  const before = vgpuFerry('list', '--from', 'host-a');
  expect(before).toMatchObject({
    status: ExitCode.Unavailable,
    stderr: expect.stringMatching(/vgpu-ferry setup/),
  });

  const check = vgpuFerry('setup', '--check');
  expect(check.status).toBe(ExitCode.FailedSafe);
  expect(check.stdout).toMatch(
    /lacks search attributes:\n {2}VgpuFerryGuest +the guest's UUID\n[^]*Make them: vgpu-ferry setup/,
  );

  const made = vgpuFerry('setup', '--json');
  expect(made.status).toBe(ExitCode.Done);
  const report = JSON.parse(made.stdout) as { created: { name: string }[]; missing: unknown[] };
  expect(report.created.map(({ name }) => name)).toEqual(
    NAMES.filter((name) => name !== 'VgpuFerryAttention'),
  );
  expect(report.missing).toEqual([]);

  expect(vgpuFerry('setup')).toMatchObject({
    status: ExitCode.Done,
    stdout: 'Namespace default has all search attributes.\n',
  });

  const ferry = await Ferry.start(temporal);
  try {
    await (await ferry.migrate({ guest: SAMPLE_GUEST.uuid })).result();
    const listed = (...filter: string[]): unknown[] =>
      JSON.parse(vgpuFerry('list', '--json', ...filter).stdout) as unknown[];
    await until(() => Promise.resolve(listed('--to', 'host-b', '--outcome', 'completed').length === 1));
    expect(listed('--from', 'host-a')).toHaveLength(1);
    expect(listed('--from', 'host-b')).toEqual([]);
    expect(listed('--outcome', "no' OR '1' = '1")).toEqual([]);
  } finally {
    await ferry.close();
  }
}, 300_000);
