/** Temporal's own server on a PostgreSQL, with the settings of this project's docker-compose.yml. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { freePorts } from '../../src/temporal/free-ports';
import { ROOT } from '../harness/machine';
import { end, endWithUs } from './ferry';
import { type PostgreSql, startPostgreSql } from './postgresql';
import { serverPrograms } from './temporal-server-build';
import type { TemporalServer } from './untuned-temporal';
import { sumOf, usageOf, usageWithChildren } from './usage';

const HOST = '127.0.0.1';
const NAMESPACE = 'default';
const DATABASES = { temporal: 'temporal', temporal_visibility: 'visibility' } as const;
/** NUM_HISTORY_SHARDS of docker-compose.yml. */
const SHARDS = 128;
/** Its services look for each other; a namespace is known everywhere some seconds after its registration. */
const START_WITHIN_MS = 120_000;
/** Below those that the system hands out itself. */
const LOW_PORTS = { from: 20_000, to: 32_000 };
const PORT_ATTEMPTS = 20;
/** ALREADY_EXISTS of gRPC. */
const ALREADY_EXISTS = 6;

interface Ports {
  frontend: number;
  /** Each of the four services has one to be called at and one to be found at. */
  services: Record<
    'frontend' | 'history' | 'matching' | 'worker',
    { grpcPort: number; membershipPort: number }
  >;
}

export async function startTemporalOnPostgreSql(
  folder: string,
  say: (line: string) => void = () => undefined,
): Promise<TemporalServer> {
  const database = await startPostgreSql();
  const {
    server: program,
    schemaTool,
    version,
  } = await serverPrograms(say).catch(async (error: unknown) => {
    await database.stop();
    throw error;
  });
  let server: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (server) await end(server, 'SIGKILL');
    await database.stop();
  };
  try {
    for (const [name, schema] of Object.entries(DATABASES))
      await makeSchema(schemaTool, database, name, schema);
    const ports = await freeServerPorts();
    server = startServer(program, folder, configuration(database, ports));
    const address = `${HOST}:${ports.frontend}`;
    await serving(address, server, join(folder, LOG_FILE));
    return {
      ...{ address, pid: server.pid!, stop },
      usage: () => sumOf([usageOf(server!.pid!), usageWithChildren(database.pid)]),
      versions: { 'Temporal server on PostgreSQL': version, PostgreSQL: database.version },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const MOST_LINES = 10;
const MOST_CHARACTERS = 300;
const LOG_FILE = 'temporal-server.log';

async function makeSchema(
  tool: string,
  { port, user }: PostgreSql,
  name: string,
  schema: string,
): Promise<void> {
  const where = ['--plugin', 'postgres12', '--ep', HOST, '-p', String(port), '-u', user, '--db', name];
  const run = (...args: string[]): Promise<unknown> => promisify(execFile)(tool, [...where, ...args]);
  await run('create');
  await run('setup-schema', '-v', '0.0');
  await run('update-schema', '--schema-name', `postgresql/v12/${schema}`);
}

function startServer(program: string, folder: string, settings: object): ChildProcess {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'temporal-server.json');
  writeFileSync(config, JSON.stringify(settings)); // which is YAML
  const log = openSync(join(folder, LOG_FILE), 'a');
  const server = spawn(program, ['--config-file', config, '--allow-no-auth', 'start'], {
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  endWithUs(server);
  return server;
}

async function freeServerPorts(): Promise<Ports> {
  const service = async (): Promise<{ grpcPort: number; membershipPort: number }> => {
    const [grpcPort, membershipPort] = await freeLowPorts();
    return { grpcPort, membershipPort };
  };
  const services = {
    frontend: await service(),
    history: await service(),
    matching: await service(),
    worker: await service(),
  };
  return { frontend: services.frontend.grpcPort, services };
}

/** Its table of members keeps a port in two bytes with a sign (seen: "out of range for type smallint"). */
async function freeLowPorts(): Promise<[number, number]> {
  const one = (): number => LOW_PORTS.from + Math.floor(Math.random() * (LOW_PORTS.to - LOW_PORTS.from));
  for (let attempt = 1; ; attempt += 1) {
    const [first, second] = [one(), one()];
    try {
      if (first !== second) return await freePorts(HOST, first, second);
    } catch (error) {
      if (attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

function configuration(database: PostgreSql, { frontend, services }: Ports): object {
  const store = (databaseName: string, connections: number): object => ({
    sql: {
      ...{ pluginName: 'postgres12', databaseName, user: database.user, password: '' },
      ...{ connectAddr: `${HOST}:${database.port}`, connectProtocol: 'tcp' },
      ...{ maxConns: connections, maxIdleConns: connections, maxConnLifetime: '1h' },
    },
  });
  const current = 'active';
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      ...{ defaultStore: 'default', visibilityStore: 'visibility', numHistoryShards: SHARDS },
      // as the server's image has them
      datastores: { default: store('temporal', 20), visibility: store('temporal_visibility', 10) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: HOST } },
    services: Object.fromEntries(
      Object.entries(services).map(([name, ports]) => [name, { rpc: { ...ports, bindOnLocalHost: true } }]),
    ),
    clusterMetadata: {
      ...{ enableGlobalNamespace: false, failoverVersionIncrement: 10 },
      ...{ masterClusterName: current, currentClusterName: current },
      clusterInformation: {
        [current]: {
          ...{ enabled: true, initialFailoverVersion: 1 },
          ...{ rpcName: 'frontend', rpcAddress: `${HOST}:${frontend}` },
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: {
      filepath: join(ROOT, 'deploy', 'temporal-dynamic-config.yaml'),
      pollInterval: '60s',
    },
  };
}

/** Until it has the namespace, and says so of it everywhere. */
async function serving(address: string, server: ChildProcess, log: string): Promise<void> {
  for (const giveUp = Date.now() + START_WITHIN_MS; ; await pause(200)) {
    try {
      return await haveNamespace(address);
    } catch (error) {
      const lines = lastLines(log);
      if (server.exitCode !== null)
        throw new Error(`Temporal's server ended; its log:\n${lines}`, { cause: error });
      if (Date.now() > giveUp)
        throw new Error(`Temporal's server does not serve its namespace; its log:\n${lines}`, {
          cause: error,
        });
    }
  }
}

/** Without their stack traces, which are of its own code. */
function lastLines(log: string): string {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-MOST_LINES);
  return lines.map((line) => line.slice(0, MOST_CHARACTERS)).join('\n');
}

async function haveNamespace(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    await connection.workflowService
      .registerNamespace({ namespace: NAMESPACE, workflowExecutionRetentionPeriod: msToTs('1 day') })
      .catch((error: { code?: number }) => {
        if (error.code !== ALREADY_EXISTS) throw error;
      });
    // of the services' caches, the frontend's is asked; the others learn it in the same time
    await connection.workflowService.listWorkflowExecutions({ namespace: NAMESPACE, pageSize: 1 });
  } finally {
    await connection.close();
  }
}
