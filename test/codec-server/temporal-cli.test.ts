/** The official `temporal` command with our codec server, as programs: what it shows without, with, and to whom. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { LIVE_MIGRATE_VGPU, ORCHESTRATOR_TASK_QUEUE, PROGRESS_QUERY } from '../../src/contract';
import { dataConverterWith, readKeyring } from '../../src/temporal/codec';
import { findTemporalCli } from '../../src/temporal/temporal-cli';
import { newKey, useKeyFiles } from '../codec/keys';
import { blockOf } from '../docs/markdown';
import { commandsOf, filledIn, withoutPrefix } from '../docs/shell';
import { type Ferry, useFerry } from '../support/ferry';
import { until } from '../support/until';

const run = promisify(execFile);
const ROOT = join(__dirname, '..', '..');
const files = useKeyFiles();
const keys = files.write({ keys: [{ id: 'k1', key: newKey() }] });
const TOKEN = 'a-token-of-some-length';

let ferry: Ferry;
useFerry((made) => (ferry = made), { dataConverter: dataConverterWith(readKeyring(keys)) });

let server: ChildProcess;
let lines: string[];
async function startServer(...options: string[]): Promise<string> {
  const main = ['-r', join(ROOT, 'test/support/register-ts.js'), join(ROOT, 'src/cli/main.ts')];
  server = spawn(process.execPath, [...main, 'codec-server', '--listen', '127.0.0.1:0', ...options], {
    env: { ...process.env, VGPU_FERRY_CODEC_KEYS: keys },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  lines = [];
  const output = createInterface(server.stdout!);
  output.on('line', (line) => lines.push(line));
  const [first] = (await once(output, 'line')) as [string];
  return (JSON.parse(first) as { url: string }).url;
}
afterEach(async () => {
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

async function temporal(...args: string[]): Promise<string> {
  const env = { ...process.env, TEMPORAL_ADDRESS: ferry.address };
  const { stdout } = await run(await findTemporalCli(), args, { env, maxBuffer: 2 ** 26 });
  return stdout;
}

/** What is inside the payloads, which stand there in base64. */
function inside(json: string): string {
  return json.replace(/"(?:data|encoding)": "([\w+/=]+)"/g, (_all, bytes: string) =>
    Buffer.from(bytes, 'base64').toString(),
  );
}

test('show, query and start: encrypted without it, readable with it', async () => {
  const handle = await ferry.migrate({ guest: SAMPLE_GUEST.uuid });
  await handle.result();
  const show = ['workflow', 'show', '--workflow-id', handle.workflowId, '--output', 'json'];
  const hidden = inside(await temporal(...show));
  expect(hidden).toContain('binary/encrypted');
  expect(hidden).not.toContain(SAMPLE_GUEST.name);

  const url = await startServer('--allow-encode');
  const codec = ['--codec-endpoint', url];
  const shown = inside(await temporal(...show, ...codec));
  expect(shown).toContain(SAMPLE_GUEST.name);
  expect(shown).not.toContain('binary/encrypted');
  const query = ['workflow', 'query', '--workflow-id', handle.workflowId, '--type', PROGRESS_QUERY];
  expect(await temporal(...query, ...codec)).toContain('"stage"');

  const back = { guest: SAMPLE_GUEST.uuid, source: 'host-b', destination: 'host-a' };
  const start = ['--type', LIVE_MIGRATE_VGPU, '--task-queue', ORCHESTRATOR_TASK_QUEUE];
  await temporal(
    ...['workflow', 'start', '--workflow-id', handle.workflowId, ...start],
    ...['--input', JSON.stringify(back), ...codec],
  );
  const again = ferry.client.workflow.getHandle(handle.workflowId);
  expect(await again.result()).toMatchObject({ runsOn: 'host-a' });
  const [started] = (await again.fetchHistory()).events ?? [];
  const [input] = started!.workflowExecutionStartedEventAttributes!.input!.payloads!;
  expect(Buffer.from(input!.metadata!.encoding!).toString()).toBe('binary/encrypted');
  expect(lines.join('\n')).not.toContain(SAMPLE_GUEST.name);
});

test('as docs/temporal-security.md has it', async () => {
  const handle = await ferry.migrate({ guest: SAMPLE_GUEST.uuid });
  await handle.result();
  const { text } = blockOf('docs/temporal-security.md', 'codec-server --origin');
  const filled = filledIn(text, { 'guest uuid': SAMPLE_GUEST.uuid });
  const [serve = [], show = []] = commandsOf(filled).map(withoutPrefix);
  expect([serve.slice(0, 2), show[0]]).toEqual([['vgpu-ferry', 'codec-server'], 'temporal']);
  const url = await startServer(...serve.slice(2));
  const shown = show.slice(1).map((word) => (word === 'http://127.0.0.1:8081' ? url : word));
  expect(shown).toContain(url);
  expect(inside(await temporal(...shown, '--output', 'json'))).toContain(SAMPLE_GUEST.name);
});

test('with a token: only who sends it', async () => {
  const handle = await ferry.migrate({ guest: SAMPLE_GUEST.uuid });
  await handle.result();
  const codec = ['--codec-endpoint', await startServer('--token-file', files.write(TOKEN))];
  const show = ['workflow', 'show', '--workflow-id', handle.workflowId, '--output', 'json', ...codec];
  await expect(temporal(...show)).rejects.toThrow();
  await until(() => Promise.resolve(lines.at(-1)?.includes('"status":401') === true));
  expect(inside(await temporal(...show, '--codec-auth', `Bearer ${TOKEN}`))).toContain(SAMPLE_GUEST.name);
  expect(lines.join('\n')).not.toContain(TOKEN);
});
