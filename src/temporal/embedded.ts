/**
 * A real Temporal server of our own, for the demo, a first look and the tests: the official CLI's development server,
 * which cannot outlive the process that started it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { type SearchAttribute, SEARCH_ATTRIBUTES } from '../contract';
import { freePorts } from './free-ports';
import { findTemporalCli } from './temporal-cli';

const HOST = '127.0.0.1';
/** Usually 0.4 s; a loaded machine with a cold disk takes far longer. */
const START_TIMEOUT_MS = 60_000;
/** It stops within a second; after this it is killed. */
const STOP_TIMEOUT_MS = 10_000;
/** A free port that we found may be taken by somebody else before the server binds it. */
const START_ATTEMPTS = 3;
/** Go's of a panic: seen of a server whose own start ran into a limit, on a machine with eight times more to do than it can. */
const PANICKED = 2;
const LOG_FILE = 'server.log';

/**
 * Runs the server in the shell's own process, and beside it a reader of a pipe whose other end only we hold: when we
 * are gone, however we died, the pipe ends, and the reader stops the server and removes its temporary folder.
 */
const TIED_TO_US =
  'signal=$1 folder=$2; shift 2; ' +
  '(read -r _ <&3; kill -"$signal" "$$" 2>/dev/null; rm -rf "$folder") & exec "$0" "$@" 3<&-';

export interface EmbeddedTemporalOptions {
  /** Database file that survives; by default one that is removed with the server. */
  dbFile?: string;
  /** Port of the Web UI; by default a free one. */
  uiPort?: number;
  /** Port of the server; by default a free one. */
  port?: number;
  /** Of its namespace; by default all that migrations carry. */
  searchAttributes?: readonly SearchAttribute[];
  /** Told of what takes long: the one download of the server. */
  log?: (line: string) => void;
  /** Told once if it ends although nobody has stopped it: whoever uses it sees connections fail, and not why. */
  ended?: (message: string) => void;
}

export interface EmbeddedTemporal {
  /** For TEMPORAL_ADDRESS; the namespace is `default`. */
  address: string;
  uiUrl: string;
  pid: number;
  /** Settles when the server has ended; more than one call is fine. */
  stop(): Promise<void>;
}

/** The server ended, or did not answer, before it could be used. */
export class EmbeddedTemporalError extends Error {
  override readonly name = 'EmbeddedTemporalError';
}

/** Starts a server and waits until it answers. */
export async function startEmbeddedTemporal(
  options: EmbeddedTemporalOptions = {},
): Promise<EmbeddedTemporal> {
  const cli = await findTemporalCli(process.env, options.log);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(cli, options);
    } catch (error) {
      if (attempt === START_ATTEMPTS || !(error instanceof ServerFailed) || !error.mayWorkNextTime)
        throw error;
    }
  }
}

async function startOnce(cli: string, options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  const [port, uiPort] = await freePorts(HOST, options.port, options.uiPort);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'vgpu-ferry-temporal-'));
  const args = serverArguments(
    port,
    uiPort,
    options.dbFile ?? path.join(folder, 'temporal.db'),
    options.searchAttributes,
  );
  // With nothing to keep there is no reason to wait for an orderly end.
  const stopSignal = options.dbFile === undefined ? 'KILL' : 'TERM';
  const server = spawnTied(cli, args, folder, stopSignal);
  let stopping = false;
  const stop = async (): Promise<void> => {
    stopping = true;
    await end(server, `SIG${stopSignal}`);
    (server.stdio[3] as Socket).destroy(); // the reader beside it has nothing left to do
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await answering(server, `${HOST}:${port}`);
  } catch (error) {
    const failure = new ServerFailed(cli, error, server.exitCode, lastLines(path.join(folder, LOG_FILE)));
    await stop();
    throw failure;
  }
  server.once('exit', () => {
    if (!stopping) options.ended?.(endedByItself(server, `${HOST}:${port}`, path.join(folder, LOG_FILE)));
  });
  return { address: `${HOST}:${port}`, uiUrl: `http://${HOST}:${uiPort}`, pid: pidOf(server), stop };
}

/** See EmbeddedTemporalError; knows whether another try, with other ports, is worth it. */
class ServerFailed extends EmbeddedTemporalError {
  readonly mayWorkNextTime: boolean;
  constructor(cli: string, cause: unknown, exitCode: number | null, log: string) {
    super(`The Temporal server (${cli}) did not start: ${textOf(cause)}. Its log ends with:\n${log}`, {
      cause,
    });
    this.mayWorkNextTime = exitCode === PANICKED || log.includes('address already in use');
  }
}

function serverArguments(
  port: number,
  uiPort: number,
  dbFile: string,
  searchAttributes: readonly SearchAttribute[] = Object.values(SEARCH_ATTRIBUTES),
): string[] {
  return [
    ...['server', 'start-dev', '--ip', HOST, '--port', String(port), '--ui-port', String(uiPort)],
    // A write-ahead log doubles what the server gets through; what a power cut may cost is a demo's last moment.
    ...[
      '--db-filename',
      dbFile,
      '--sqlite-pragma',
      'journal_mode=wal',
      '--sqlite-pragma',
      'synchronous=normal',
    ],
    // Otherwise one shard's queue is loaded 20 times a second at most, and each step waits 40 ms for its dispatch.
    ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000'],
    // What was done stays in these queues' memory until then, and each new task looks through it: by default 30 s and more, which
    // under load is thousands, and costs up to a third of what the server gets through.
    ...['transfer', 'timer', 'visibility'].flatMap((queue) => [
      '--dynamic-config-value',
      `history.${queue}ProcessorUpdateAckInterval="1s"`,
    ]),
    // The default of four parts a queue is for busy queues of many servers; each part costs, and each host has two queues.
    ...['Read', 'Write'].flatMap((side) => [
      '--dynamic-config-value',
      `matching.numTaskqueue${side}Partitions=1`,
    ]),
    // Open requests for work: by default 1,200, which six hundred hosts make.
    ...['--dynamic-config-value', 'frontend.namespaceCount=20000'],
    ...searchAttributes.flatMap(({ name, type }) => ['--search-attribute', `${name}=${type}`]),
    ...['--ui-disable-news-fetch', '--log-level', 'warn'],
  ];
}

function spawnTied(cli: string, args: string[], folder: string, stopSignal: string): ChildProcess {
  const log = openSync(path.join(folder, LOG_FILE), 'a');
  // Its own session: Ctrl-C is for us, and the server goes after the workers have.
  const server = spawn('/bin/sh', ['-c', TIED_TO_US, cli, stopSignal, folder, ...args], {
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
    env: withoutTemporalSettings(process.env),
  });
  closeSync(log);
  // Who forgets to stop it can end all the same, and ends it by that.
  server.unref();
  (server.stdio[3] as Socket).unref();
  return server;
}

/** Where its clients should look is none of the server's business. */
function withoutTemporalSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

const hasEnded = (server: ChildProcess): boolean => server.exitCode !== null || server.signalCode !== null;

function pidOf(server: ChildProcess): number {
  if (server.pid === undefined) throw new EmbeddedTemporalError('/bin/sh cannot be run.');
  return server.pid;
}

/** Settles when the server serves its namespace; rejects as soon as it ends, or after the limit. */
async function answering(server: ChildProcess, address: string): Promise<void> {
  const giveUp = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await ask(address);
      return;
    } catch (cause) {
      const status = server.signalCode ?? `status ${server.exitCode}`;
      if (hasEnded(server)) throw new Error(`it ended with ${status}`, { cause });
      if (Date.now() > giveUp) throw new Error(`no answer within ${START_TIMEOUT_MS / 1000} s`, { cause });
      await pause(20);
    }
  }
}

async function ask(address: string): Promise<void> {
  await listening(address);
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  try {
    await connection.withDeadline(Date.now() + 1_000, () =>
      connection.workflowService.describeNamespace({ namespace: 'default' }),
    );
  } finally {
    await connection.close();
  }
}

function endedByItself(server: ChildProcess, address: string, logFile: string): string {
  const how = server.signalCode ?? `status ${server.exitCode}`;
  const log = existsSync(logFile) ? lastLines(logFile) : '(it is gone)';
  return `The Temporal server at ${address} has ended by itself (${how}). Its log ends with:\n${log}`;
}

/** A plain connection first: after a refused one, gRPC would wait for a second before it tries again. */
async function listening(address: string): Promise<void> {
  const socket = connect(Number(address.split(':')[1]), HOST);
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

/** Ends the server and waits for that; done already is success. */
async function end(server: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (hasEnded(server)) return;
  const ended = once(server, 'exit');
  server.ref();
  server.kill(signal);
  const force = setTimeout(() => server.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(force);
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
