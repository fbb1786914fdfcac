/** Temporal by API key: it is sent by both kinds of client, a wrong one is said so, and it shows nowhere. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { ExitCode } from '../../src/cli/exit-codes';
import { connectClient, connectWorker, temporalSettings } from '../../src/temporal/connection';
import { inWords } from '../../src/temporal/refusal';
import { useKeyFiles } from '../codec/keys';
import { type KeyProxy, keyProxy, trusting } from '../support/temporal-proxies';
import { useTemporalServer } from '../support/temporal-server';

const server = useTemporalServer();
const files = useKeyFiles();
const KEY = 'the-right-key-0123456789';
const WRONG = 'a-wrong-key-9876543210';
const LOOK_EACH_MS = 100;

let proxy: KeyProxy;
const start = async (status: '7' | '16' = '16'): Promise<void> => {
  proxy = await keyProxy(server.address, KEY, status);
};
afterEach(() => proxy.close());

const settings = (key: string | undefined, namespace = 'default') =>
  temporalSettings(
    { address: proxy.address, namespace },
    { ...trusting('authority'), TEMPORAL_API_KEY: key },
  );
const kinds = [
  ['client', connectClient],
  ['worker', connectWorker],
] as const;

test('client and worker send it, and work', async () => {
  await start();
  const client = await connectClient(settings(KEY));
  const connection = await connectWorker(settings(KEY));
  const taskQueue = 'by-api-key';
  const worker = await Worker.create({
    ...{ connection, taskQueue, namespace: 'default' },
    activities: { answer: async () => 42 },
  });
  const activity = { id: 'one', taskQueue, startToCloseTimeout: '30 seconds' } as const;
  expect(await worker.runUntil(client.activity.execute('answer', activity))).toBe(42);
  await connection.close();
  await client.connection.close();
  expect([...proxy.seen].sort()).toEqual([`grpc-node-js: Bearer ${KEY}`, `tonic: Bearer ${KEY}`]);
});

describe.each(kinds)('a %s', (_kind, connect) => {
  test.each(['7', '16'] as const)('with a wrong one, refused with gRPC status %s', async (status) => {
    await start(status);
    const error = await failure(connect(settings(WRONG)));
    expect(error).toMatchObject({
      name: 'TemporalRefusedError',
      message: expect.stringMatching(
        /refuses this client: Request unauthorized\. The API key \(TEMPORAL_API_KEY/,
      ),
    });
    expect(everything(error)).not.toContain(WRONG);
  });

  test('without one', async () => {
    await start();
    await expect(connect(settings(undefined))).rejects.toThrow(
      /refuses this client: Request unauthorized\. It wants an API key \(TEMPORAL_API_KEY\)/,
    );
  });

  test('with one that no header can carry: it is not repeated', async () => {
    await start();
    const error = await failure(connect(settings(`${WRONG}\u0001\n`)));
    expect(everything(error)).not.toContain(WRONG);
  });
});

test('a call that the key has no right to says so, and not the key', async () => {
  await start('7');
  const client = await connectClient(settings(KEY));
  proxy.key = 'another';
  const error = await failure(client.workflow.count());
  expect(inWords(error)).toMatch(
    /: Request unauthorized\. This API key or certificate has not the right to that\.$/,
  );
  await client.connection.close();
});

describe('a wrong namespace', () => {
  test('of a worker', async () => {
    await start();
    await expect(connectWorker(settings(KEY, 'nowhere'))).rejects.toMatchObject({
      name: 'NamespaceUnknownError',
      message: expect.stringMatching(
        /no namespace "nowhere".*TEMPORAL_NAMESPACE.*temporal operator namespace create --namespace nowhere/,
      ),
    });
  });

  test('of a client', async () => {
    await start();
    const client = await connectClient(settings(KEY, 'nowhere'));
    expect(inWords(await failure(client.workflow.count()))).toMatch(
      /no namespace "nowhere".*TEMPORAL_NAMESPACE/,
    );
    await client.connection.close();
  });
});

describe('whole programs', () => {
  const ROOT = join(__dirname, '..', '..');

  /** Until it ends; `heard` may help with that. */
  async function run(
    key: string,
    args: string[],
    heard: (said: string, program: ChildProcess) => void = () => undefined,
  ): Promise<{ status: number | null; signal: string | null; said: string }> {
    const program = ['-r', join(ROOT, 'test/support/register-ts.js'), join(ROOT, 'src/cli/main.ts'), ...args];
    const env = { TEMPORAL_ADDRESS: proxy.address, TEMPORAL_API_KEY: key, VGPU_FERRY_LOG_LEVEL: 'trace' };
    // Into a file, which is read while the program runs.
    const output = join(files.folder, 'output');
    const fd = openSync(output, 'w');
    const child = spawn(process.execPath, program, {
      env: { ...process.env, ...trusting('authority'), ...env },
      stdio: ['ignore', fd, fd],
    });
    const looks = setInterval(() => heard(readFileSync(output, 'utf8'), child), LOOK_EACH_MS);
    const [status, signal] = (await once(child, 'exit')) as [number | null, string | null];
    clearInterval(looks);
    closeSync(fd);
    const said = readFileSync(output, 'utf8');
    return { status, signal, said };
  }

  const agentConfig = (): string => {
    const fleet = join(files.folder, 'fleet.json');
    const config = {
      host: 'host-a',
      stateDir: join(files.folder, 'state'),
      simulatedFleet: fleet,
      reconcileEveryMinutes: 0,
    };
    writeFileSync(fleet, JSON.stringify({}));
    return files.write(config);
  };

  test('a command: refused, with its exit status', async () => {
    await start();
    const { status, said } = await run(WRONG, ['list']);
    expect(status).toBe(ExitCode.Unavailable);
    expect(said).toMatch(/^vgpu-ferry: Temporal at localhost:\d+ refuses this client: Request unauthorized/);
    expect(said).not.toContain(WRONG);
  });

  test('an agent, at its most talkative, does not tell the key', async () => {
    await start();
    const { said } = await run(KEY, ['agent', '--config', agentConfig()], (soFar, agent) => {
      if (/agent ready/.test(soFar)) agent.kill('SIGTERM');
    });
    expect(said).toMatch(/agent ready/);
    expect(said).not.toContain(KEY);
  });

  test('an agent whose key is taken no longer ends, and says why: its service manager starts it with the new one', async () => {
    await start();
    let revoked = false;
    const { signal, said } = await run(KEY, ['agent', '--config', agentConfig()], (soFar) => {
      if (revoked || !/agent ready/.test(soFar)) return;
      revoked = true;
      proxy.key = 'another';
      proxy.cut(); // its polls would last for a minute
    });
    expect({ signal, said }).toEqual({ signal: 'SIGKILL', said: expect.stringMatching(/agent failed/) });
    expect(said).toMatch(/Unauthenticated|Request unauthorized/);
    expect(said).not.toContain(KEY);
  }, 300_000); // the SDK tries again for a minute
});

async function failure(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: Error) => error,
  );
}

/** Whatever a log could make of it. */
function everything(error: Error): string {
  return `${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause instanceof Error ? everything(error.cause) : ''}`;
}
