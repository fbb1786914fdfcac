/** A two-host fleet on a driven clock with a migration ready to start. */
import { randomUUID } from 'node:crypto';
import {
  HypervisorError,
  type Hypervisor,
  type MigrateRequest,
  PLAIN_CHANNEL,
} from '../../../src/hypervisor/port';
import {
  createSimulatedHypervisor,
  emptyFleet,
  FleetControl,
  type GuestLoad,
  ManualClock,
  MemoryStore,
  SAMPLE_GPU,
  SAMPLE_TYPE,
  SAMPLE_VERSIONS,
  sampleGpu,
} from '../../../src/hypervisor/simulated';

export interface Rig {
  clock: ManualClock;
  control: FleetControl;
  a: Hypervisor;
  b: Hypervisor;
  guest: string;
  targets: string[];
  request: MigrateRequest;
  /** Starts it and returns when the job has begun. */
  startMigration(
    changes?: Partial<MigrateRequest>,
  ): Promise<{ failure: Promise<HypervisorError | undefined> }>;
}

export interface RigOptions {
  persistent?: boolean;
  mdevs?: number;
  load?: GuestLoad;
}

export async function makeRig({ persistent = true, mdevs = 1, load }: RigOptions = {}): Promise<Rig> {
  const clock = new ManualClock();
  const access = { clock, store: new MemoryStore(emptyFleet(0)) };
  const control = new FleetControl(access);
  for (const name of ['host-a', 'host-b']) {
    await control.addHost({ name, versions: SAMPLE_VERSIONS, parents: { [SAMPLE_GPU]: sampleGpu() } });
  }
  const a = createSimulatedHypervisor({ ...access, host: 'host-a' });
  const b = createSimulatedHypervisor({ ...access, host: 'host-b' });
  const started = await control.startGuest({
    host: 'host-a',
    name: 'guest',
    mdevs,
    type: SAMPLE_TYPE,
    parent: SAMPLE_GPU,
    persistent,
    ...(load ? { load } : {}),
  });
  const guest = started.uuid;
  const targets = started.mdevs.map(() => randomUUID());
  for (const uuid of targets) await b.createMdev({ uuid, type: SAMPLE_TYPE, parent: SAMPLE_GPU, persistent });
  const forTarget = (xml: string) =>
    started.mdevs.reduce((text, uuid, i) => text.replaceAll(uuid, targets[i] as string), xml);
  const request: MigrateRequest = {
    targetUri: 'sim://host-b/system',
    destXml: forTarget(await a.domainXml(guest, 'migratable')),
    persistXml: persistent ? forTarget(await a.domainXml(guest, 'migratable-inactive')) : null,
    maxDowntimeMs: 300,
    bandwidthMiBps: 0,
    startPaused: false,
    channel: PLAIN_CHANNEL,
  };
  const startMigration = async (changes: Partial<MigrateRequest> = {}) => {
    const failure = failureOf(a.migrate(guest, { ...request, ...changes }));
    // A fault may end the job at once.
    await Promise.race([control.untilMigrating(guest), failure]);
    return { failure };
  };
  return { clock, control, a, b, guest, targets, request, startMigration };
}

export async function failureOf(call: Promise<unknown>): Promise<HypervisorError | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof HypervisorError) return error;
    throw error;
  }
}

/** Moves the clock on until `call` has settled: for calls that wait for something more than once. */
export async function driveTo<T>(clock: ManualClock, call: Promise<T>): Promise<T> {
  const settled = new AbortController();
  void call.finally(() => settled.abort());
  while (!settled.signal.aborted) {
    clock.advance(100);
    await new Promise(setImmediate);
  }
  return call;
}
