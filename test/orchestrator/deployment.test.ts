/** An orchestrator in Temporal's worker versioning: it waits until its version is current, then migrates; agents have no version. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { deploymentOf } from '../../src/cli/deployment';
import { UsageError } from '../../src/cli/errors';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { findTemporalCli } from '../../src/temporal/temporal-cli';
import { blockOf } from '../docs/markdown';
import { commandsOf } from '../docs/shell';
import { type Ferry, useFerry } from '../support/ferry';
import { until } from '../support/until';

let ferry: Ferry;
useFerry((made) => (ferry = made));

test('a migration begins once a version is current, and a later version ends it', async () => {
  await ferry.stopOrchestrators();
  const first = await ferry.prepareOrchestrator('current', undefined, {
    deploymentName: 'vgpu-ferry',
    buildId: 'one',
  });
  first();
  const handle = await ferry.migrate({ guest: SAMPLE_GUEST.uuid });
  await makeCurrent('one');
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });

  const [guest, moving] = await ferry.endlessMigration();
  const second = await ferry.prepareOrchestrator('current', undefined, {
    deploymentName: 'vgpu-ferry',
    buildId: 'two',
  });
  second();
  await makeCurrent('two');
  await ferry.letItConverge(guest);
  expect(await moving.result()).toMatchObject({ runsOn: 'host-b' });
  const { events } = await moving.fetchHistory();
  const versions = events!.flatMap(
    ({ workflowTaskCompletedEventAttributes: task }) => task?.deploymentVersion?.buildId ?? [],
  );
  expect(new Set(versions)).toEqual(new Set(['one', 'two']));
});

/** By the command of docs/production.md. The server knows of a version when one of its workers has polled. */
async function makeCurrent(buildId: string): Promise<void> {
  const version = { deploymentName: 'vgpu-ferry', buildId };
  const known = (): Promise<boolean> =>
    ferry.client.workflowService
      .describeWorkerDeploymentVersion({ namespace: 'default', deploymentVersion: version })
      .then(
        () => true,
        () => false,
      );
  await until(known);
  const { text } = blockOf('docs/production.md', 'set-current-version');
  const [[, ...words] = []] = commandsOf(text.replace('0.1.0', buildId));
  const env = { ...process.env, TEMPORAL_ADDRESS: ferry.address };
  await promisify(execFile)(await findTemporalCli(), words, { env, timeout: 60_000 });
}

test.each<[string | undefined, ReturnType<typeof deploymentOf>]>([
  [undefined, undefined],
  ['', undefined],
  ['vgpu-ferry.0.1.0', { deploymentName: 'vgpu-ferry', buildId: '0.1.0' }],
])('VGPU_FERRY_DEPLOYMENT=%s', (text, expected) => {
  expect(deploymentOf(text)).toEqual(expected);
});

test.each(['vgpu-ferry', '.1', 'vgpu-ferry.', 'vgpu ferry.1'])(
  'VGPU_FERRY_DEPLOYMENT=%s is refused, with how it has to be',
  (text) => {
    expect(() => deploymentOf(text)).toThrow(UsageError);
    expect(() => deploymentOf(text)).toThrow(/required <deployment>\.<build id>/);
  },
);
