/**
 * The figures that the project holds itself to, measured with the programs as they are shipped (dist/), each in a process
 * of its own, on a simulated fleet. Writes docs/figures.json; exits with 1 if a limit is passed.
 *
 *   npm run build && npm run bench:figures
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, Connection } from '@temporalio/client';
import { migrationWorkflowId } from '../src/contract';
import { SAMPLE_GUEST, openFileStore, sampleFleet } from '../src/hypervisor/simulated';
import { startEmbeddedTemporal } from '../src/temporal/embedded';

const ROOT = join(__dirname, '..');
const PROGRAM = join(ROOT, 'dist', 'src', 'cli', 'main.js');

/** Memory right after the start is not yet the idle one; it is read when this time has passed without work. */
const IDLE_MS = 15_000;

interface Figure {
  figure: string;
  value: number;
  limit: number;
  unit: string;
}

function vgpuFerry(args: string[], address: string): ChildProcess {
  const env = { ...process.env, TEMPORAL_ADDRESS: address };
  return spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Goes on reading afterwards: a pipe that nobody reads would stop the program. */
function untilLine(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => line.includes(text) && resolve());
    child.once('exit', () => reject(new Error(`the program ended before it said "${text}"`)));
  });
}

async function output(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`exit status ${code}:\n${text}`);
  return text;
}

function residentMb(pid: number): number {
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1];
  return Math.round(Number(kb) / 1024);
}

async function demoSeconds(): Promise<number> {
  const startedAt = Date.now();
  await output(
    spawn('npm', ['run', '--silent', 'demo'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  return (Date.now() - startedAt) / 1000;
}

async function measureFleet(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-figures-'));
  const temporal = await startEmbeddedTemporal();
  const children: ChildProcess[] = [];
  try {
    const fleet = join(folder, 'fleet.json');
    await openFileStore(fleet, () => sampleFleet(Date.now()));
    const agents = ['host-a', 'host-b'].map((host) =>
      vgpuFerry(['agent', '--config', agentConfig(folder, fleet, host)], temporal.address),
    );
    const orchestrator = vgpuFerry(['orchestrator'], temporal.address);
    children.push(...agents, orchestrator);
    await Promise.all([
      ...agents.map((agent) => untilLine(agent, '"agent ready"')),
      untilLine(orchestrator, '"orchestrator ready"'),
    ]);
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const idleMb = Math.max(...agents.map(({ pid }) => residentMb(pid!)));
    await output(
      vgpuFerry(
        ['migrate', SAMPLE_GUEST.name, '--from', 'host-a', '--to', 'host-b', '--json'],
        temporal.address,
      ),
    );
    return [
      { figure: 'agent, idle: resident memory', value: idleMb, limit: 180, unit: 'MB' },
      ...(await history(temporal.address)),
    ];
  } finally {
    await Promise.all(children.map(stop));
    await temporal.stop();
    rmSync(folder, { recursive: true });
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

function agentConfig(folder: string, simulatedFleet: string, host: string): string {
  const file = join(folder, `${host}.json`);
  const peers = Object.fromEntries(
    ['host-a', 'host-b'].map((peer) => [peer, { libvirtUri: `sim://${peer}/system` }]),
  );
  writeFileSync(file, JSON.stringify({ host, stateDir: join(folder, host), simulatedFleet, peers }));
  return file;
}

async function history(address: string): Promise<Figure[]> {
  const connection = await Connection.connect({ address });
  try {
    const { historyLength, historySize } = await new Client({ connection }).workflow
      .getHandle(migrationWorkflowId(SAMPLE_GUEST.uuid))
      .describe();
    return [
      { figure: 'one migration: history events', value: historyLength, limit: 42, unit: 'events' },
      { figure: 'one migration: history size', value: historySize ?? NaN, limit: 12 * 1024, unit: 'bytes' },
    ];
  } finally {
    await connection.close();
  }
}

async function main(): Promise<void> {
  const figures = [
    {
      figure: 'npm run demo, built and with the Temporal binary there',
      value: await demoSeconds(),
      limit: 20,
      unit: 's',
    },
    ...(await measureFleet()),
  ];
  writeFileSync(
    join(ROOT, 'docs', 'figures.json'),
    `${JSON.stringify({ node: process.version, figures }, null, 2)}\n`,
  );
  console.table(figures);
  if (!figures.every(({ value, limit }) => value <= limit)) process.exitCode = 1;
}

void main();
