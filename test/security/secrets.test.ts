/**
 * Migrations of a guest with a VNC password and a disk's passphrase, against the real server with all logs on: one that is done,
 * one that is refused its XML, one that is aborted, a sweep, a look at the hosts. Then all that was kept or told is searched:
 * histories with all payloads, memo, search attributes, heartbeats, logs, metrics, ledgers, reports.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { type Payload, defaultPayloadConverter } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import pino from 'pino';
import { storyText } from '../../src/cli/render-report';
import { ErrorType, ORCHESTRATOR_TASK_QUEUE, RECONCILE_HOST } from '../../src/contract';
import type { Hypervisor, XmlKind } from '../../src/hypervisor/port';
import { SAMPLE_GPU, SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import { readStory, storyPage } from '../../src/report';
import { abortMigration } from '../../src/temporal/commands';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../src/temporal/embedded';
import { freePorts } from '../../src/temporal/free-ports';
import { askHosts } from '../../src/temporal/hosts';
import type { MigrationHandle } from '../../src/temporal/migrations';
import { failureOf } from '../support/failures';
import { Ferry } from '../support/ferry';

const VNC_PASSWORD = 'Vnc-Pa55';
const PASSPHRASE = 'Luks-Pa55phrase';
/** Whole or in part, and markup of a domain at all. */
const SECRET = /Vnc-Pa55|Luks-Pa55|passwd|<domain[ >]|<graphics|<hostdev|qemu:commandline/;

let temporal: EmbeddedTemporal;
let ferry: Ferry;
let metricsAddress: string;
let guest: string;
const logged: string[] = [];

beforeAll(async () => {
  const [port] = await freePorts('127.0.0.1');
  metricsAddress = `127.0.0.1:${port}`;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('TRACE', ({ message, meta }) => void logged.push(`${message} ${asText(meta)}`)),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'DEBUG', other: 'INFO' } },
      metrics: { prometheus: { bindAddress: metricsAddress } },
    },
  });
  temporal = await startEmbeddedTemporal({ ended: console.error });
  const sink = new Writable({ write: (chunk, _encoding, done) => (logged.push(String(chunk)), done()) });
  ferry = await Ferry.start(temporal, {}, { log: pino({ level: 'trace' }, sink) });
  guest = await startGuest();
}, 300_000);
afterAll(async () => {
  await ferry.close();
  await temporal.stop();
});

function asText(value: unknown): string {
  return String(JSON.stringify(value, (_key, of: unknown) => (typeof of === 'bigint' ? String(of) : of)));
}

/** In each form of its XML too: libvirt takes passwords out, but not what was given for QEMU's command line. */
function withPassphrase(xml: string): string {
  const argument = `<qemu:arg value='secret,id=luks0,data=${PASSPHRASE}'/>`;
  return xml.includes(PASSPHRASE)
    ? xml
    : xml.replace('</domain>', `<qemu:commandline>${argument}</qemu:commandline></domain>`);
}

/** Busy: it stays in pre-copy until it is let go. */
async function startGuest(): Promise<string> {
  const uuid = randomUUID();
  await ferry.fleet.startGuest({
    ...{ host: 'host-a', uuid, name: `guest-${uuid.slice(0, 8)}`, mdevs: 1, vncPassword: VNC_PASSWORD },
    ...{ type: SAMPLE_TYPE, parent: SAMPLE_GPU, memoryMiB: 16_384 },
    load: { dirtyBytesPerSec: 64 * 2 ** 30, workingSetBytes: 8 * 2 ** 30 },
  });
  return uuid;
}

async function inPreCopy(guest: string): Promise<void> {
  await ferry.fleet.until(({ jobs }) => jobs.some((job) => job.guest === guest && job.step === 'pre-copy'));
}

/** JSON with every payload beside it in the clear, also within failures, summaries and heartbeats. */
function decoded(message: unknown): string {
  const found: string[] = [asText(message)];
  const left = [message];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== 'object' || next === null) continue;
    const { data } = next as { data?: unknown };
    if (typeof data === 'string') found.push(Buffer.from(data, 'base64').toString('utf8'));
    else if (data instanceof Uint8Array) found.push(Buffer.from(data).toString('utf8'));
    else left.push(...(Object.values(next) as unknown[]));
  }
  return found.join('\n');
}

async function historyIn(handle: MigrationHandle): Promise<string> {
  return decoded(JSON.parse(historyToJSON(await handle.fetchHistory())));
}

async function storyIn(handle: MigrationHandle): Promise<string> {
  const decode = async (payload: Payload): Promise<unknown> => defaultPayloadConverter.fromPayload(payload);
  const { workflowId, runId } = await handle.describe();
  const story = await readStory({ workflowId, runId }, await handle.fetchHistory(), decode);
  return [JSON.stringify(story), storyText(story), storyPage(story)].join('\n');
}

async function descriptionIn(handle: MigrationHandle): Promise<string> {
  const { raw, memo, searchAttributes } = await handle.describe();
  return [decoded(raw), asText(memo), asText(searchAttributes)].join('\n');
}

async function ledgersIn(): Promise<string> {
  const folders = ['claims', 'created', 'quarantine'] as const;
  const paths = await Promise.all(
    ['host-a', 'host-b'].flatMap((host) =>
      folders.map(async (folder) =>
        (await ferry.ledgerFiles(host, folder)).map((name) => ferry.ledgerFile(host, folder, name)),
      ),
    ),
  );
  return (await Promise.all(paths.flat().map((path) => readFile(path, 'utf8')))).join('\n');
}

/** `marker`: stands there, or it was searched in vain. */
function search(texts: Record<string, string>, marker: string): void {
  for (const [where, text] of Object.entries(texts)) {
    expect([where, SECRET.exec(text)?.[0]]).toEqual([where, undefined]);
    expect([where, text.includes(marker)]).toEqual([where, true]);
  }
}

/** How a document is broken, for whoever reads it on the source. */
let spoil: (xml: string, kind: XmlKind) => string;
let migrate: jest.SpyInstance<Promise<void>, Parameters<Hypervisor['migrate']>>;

beforeEach(() => {
  spoil = (xml) => xml;
  const adapter = Object.getPrototypeOf(ferry.hypervisor('host-a')) as Hypervisor;
  const { domainXml } = adapter;
  migrate = jest.spyOn(adapter, 'migrate');
  jest.spyOn(adapter, 'domainXml').mockImplementation(async function (this: Hypervisor, of, kind) {
    return spoil(withPassphrase(await domainXml.call(this, of, kind)), kind);
  });
});
afterEach(() => jest.restoreAllMocks());

test('of a migration whose XML is refused, with both in the very place that is wrong', async () => {
  spoil = (xml, kind) =>
    kind === 'migratable' ? xml.replace('<graphics', `<${PASSPHRASE} ${VNC_PASSWORD} <graphics`) : xml;
  const handle = await ferry.migrate({ guest });
  expect(await failureOf(handle)).toMatchObject({ type: ErrorType.XmlRewrite });
  search({ history: await historyIn(handle), story: await storyIn(handle) }, guest);
});

test('of one that is aborted', async () => {
  const handle = await ferry.migrate({ guest });
  await inPreCopy(guest);
  await abortMigration(ferry.client, guest);
  await failureOf(handle);
  search({ history: await historyIn(handle), story: await storyIn(handle) }, guest);
});

test('of one that is done, which hands both to libvirt', async () => {
  const handle = await ferry.migrate({ guest });
  await inPreCopy(guest);
  const during = await descriptionIn(handle);
  await ferry.letItConverge(guest);
  await handle.result();
  const { destXml, persistXml } = migrate.mock.calls[0]![1];
  for (const xml of [destXml, persistXml]) {
    expect(xml).toContain(VNC_PASSWORD);
    expect(xml).toContain(PASSPHRASE);
  }
  const [history, story, after] = [
    await historyIn(handle),
    await storyIn(handle),
    await descriptionIn(handle),
  ];
  search({ during, history, story, after, ledgers: await ledgersIn() }, guest);
});

test('of a sweep, and of a look at the hosts', async () => {
  const sweep = await ferry.client.workflow.start(RECONCILE_HOST, {
    ...{ taskQueue: ORCHESTRATOR_TASK_QUEUE, workflowId: randomUUID(), args: [{ host: 'host-a' }] },
  });
  await sweep.result();
  search({ history: await historyIn(sweep) }, 'host-a');
  search({ inventories: JSON.stringify(await askHosts(ferry.client, ['host-a', 'host-b'])) }, guest);
});

test('nor in any log, at the lowest level, or metric of all these', async () => {
  const metrics = await (await fetch(`http://${metricsAddress}/metrics`)).text();
  search({ metrics }, ORCHESTRATOR_TASK_QUEUE);
  search({ logs: logged.join('\n') }, guest);
});
