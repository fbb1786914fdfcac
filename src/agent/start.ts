/** Putting an agent together from its configuration. */
import { mkdir } from 'node:fs/promises';
import { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection, WorkerInterceptors } from '@temporalio/worker';
import {
  type Log,
  MigrationJobs,
  attemptIsPending,
  isOwnStep,
  lookAtHost,
  workflowSignals,
} from '../../activities';
import { type Disk, openLedger, tellingDiskFaults } from '../claims';
import type { Hypervisor } from '../hypervisor/port';
import { migrationStates } from '../temporal/migration-state';
import { keepingYes, searchAttributesExist } from '../temporal/search-attributes';
import { type Agent, startAgent } from './agent';
import type { AgentConfig } from './config';
import { openHypervisor, tellWhetherItAnswers } from './hypervisor';
import { HostMetrics, type HostMetricsOptions } from './metrics';
import { refuseTakenHostId } from './namesake';
import { peerSettings } from './peers';
import { stepLog } from './step-log';
import { scheduleSweeps } from './sweep-schedule';

/** Migrations of a host that is being emptied begin one after another: they need not each ask the server. */
const SEARCHABLE_FOR_MS = 10_000;

export interface StartOptions {
  config: AgentConfig;
  connection: NativeConnection;
  namespace: string;
  log: Log;
  /** Instead of the one that the configuration names; the demo's hosts share a fleet in memory. */
  hypervisor?: Hypervisor;
  /** Instead of the host's own, for the ledger; a test cuts its power. */
  disk?: Disk;
  interceptors?: WorkerInterceptors;
  /** Where the host's figures go; absent = nobody wants them. */
  metrics?: Pick<HostMetricsOptions, 'meter' | 'version' | 'lookEachMs'>;
  /** How payloads are written and read; by default plain. */
  dataConverter?: DataConverter;
}

export interface RunningAgent extends Agent {
  /** Jobs that this process has started and that go on without it. */
  migrationsInFlight(): number;
  /** Closes what the agent had opened; after `done`. */
  close(): Promise<void>;
}

export async function startAgentFromConfig(options: StartOptions): Promise<RunningAgent> {
  const { config, connection, namespace, log } = options;
  const dataConverter = options.dataConverter ?? {};
  const client = new Client({ connection, namespace, dataConverter });
  await refuseTakenHostId(client, config.host);
  await tellingDiskFaults(config.host, config.stateDir, () =>
    mkdir(config.stateDir, { recursive: true, mode: 0o700 }),
  );
  const hypervisor = options.hypervisor ?? (await openHypervisor(config, log));
  const told = tellWhetherItAnswers(hypervisor, config, log); // not awaited here: a libvirt may take its time
  const ledger = await openLedger(config.stateDir, {
    host: config.host,
    ...(options.disk && { disk: options.disk }),
    onDamage: (device) =>
      log.warn(device, 'a damaged record of the ledger was set aside; its device is not handed out'),
  });
  const metrics = options.metrics && new HostMetrics({ ...config, ...options.metrics });
  const jobs = new MigrationJobs(metrics?.jobStarted);
  const deps = {
    host: config.host,
    hypervisor,
    ledger,
    jobs,
    migrations: migrationStates(client),
    searchable: keepingYes(() => searchAttributesExist({ connection: client.connection, namespace }), {
      forMs: SEARCHABLE_FOR_MS,
    }),
    log,
    profiles: config.profiles,
    reports: workflowSignals,
    attemptIsCurrent: attemptIsPending,
    peer: (host: string) => peerSettings(config, host),
    requireTls: config.requireTls,
    askQemu: config.askQemu,
    isOwnStep,
  };
  const { maxMigrations } = config;
  const interceptors = allOf(options.interceptors, metrics?.interceptors, stepLog(log));
  const workers = { connection, namespace, dataConverter, deps, maxMigrations, interceptors };
  const agent = await startAgent(workers);
  const scheduled = scheduleSweeps(client, config, log); // beside the workers, which poll already
  const looks = metrics?.lookBy(() => lookAtHost(deps), log);
  const close = async (): Promise<void> => {
    looks?.stop();
    await Promise.all([scheduled, told]);
    await hypervisor.close();
  };
  return { ...agent, migrationsInFlight: () => jobs.count, close };
}

function allOf(...given: (WorkerInterceptors | undefined)[]): WorkerInterceptors {
  return { ...given[0], activity: given.flatMap((interceptors) => interceptors?.activity ?? []) };
}
