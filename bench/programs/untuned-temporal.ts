/** The development server as the official program starts it, with a database file and without the settings of the embedded one. */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../src/contract';
import { freePorts } from '../../src/temporal/free-ports';
import { findTemporalCli } from '../../src/temporal/temporal-cli';
import { end, endWithUs } from './ferry';
import type { Usage } from './usage';

const HOST = '127.0.0.1';
const START_WITHIN_MS = 60_000;

export interface TemporalServer {
  address: string;
  pid: number;
  /** If it is more than that one process. */
  usage?: () => Usage;
  /** Of what it consists of, if that is not the CLI. */
  versions?: Record<string, string>;
  stop(): Promise<void>;
}

export async function startUntunedTemporal(folder: string): Promise<TemporalServer> {
  const [port] = await freePorts(HOST, undefined, undefined);
  const attributes = Object.values(SEARCH_ATTRIBUTES).flatMap(({ name, type }) => [
    '--search-attribute',
    `${name}=${type}`,
  ]);
  const child = spawn(
    await findTemporalCli(process.env),
    [
      ...['server', 'start-dev', '--headless', '--ip', HOST, '--port', String(port), '--log-level', 'error'],
      ...['--db-filename', join(folder, 'untuned.db'), ...attributes],
    ],
    { stdio: 'ignore' },
  );
  endWithUs(child);
  const address = `${HOST}:${port}`;
  await answering(address);
  return { address, pid: child.pid!, stop: () => end(child, 'SIGKILL') };
}

async function answering(address: string): Promise<void> {
  for (const giveUp = Date.now() + START_WITHIN_MS; ;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 1_000 });
      await connection.workflowService
        .describeNamespace({ namespace: 'default' })
        .finally(() => connection.close());
      return;
    } catch (error) {
      if (Date.now() > giveUp) throw error;
      await pause(100);
    }
  }
}
