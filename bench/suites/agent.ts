/** What an agent costs its host: start, idle, supervising one migration, and the package on disk. */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Figure, atMost, figure } from '../harness/figure';
import { ROOT } from '../harness/machine';
import { timed } from '../harness/rounds';
import type { Context, Suite } from '../harness/suite';
import { type Usage, usageOf } from '../programs/usage';
import { Workshop } from '../programs/workshop';

const run = promisify(execFile);

const READY_WITHIN_MS = 1_500;
const IDLE_MB = 120;
const IDLE_PERCENT = 0.5;
const WINDOW_MS = 60_000;
const QUICK_WINDOW_MS = 3_000;
/** What a start has loaded is let go of first. */
const SETTLE_MS = 10_000;
const STARTS = 10;
const SECONDS_AN_HOUR = 3_600;

export const agent: Suite = {
  name: 'agent',
  summary: 'start to ready; memory and CPU idle and with one migration; the package on disk',
  minutes: 10,
  rounds: 3,
  run: (context) =>
    Workshop.during(context.folder, async (workshop) => {
      const figures = [...(await starts(context, workshop)), ...(await standing(context, workshop))];
      return { figures: [...figures, ...(await packageSize(context))] };
    }),
};

async function starts({ quick, say }: Context, workshop: Workshop): Promise<Figure[]> {
  const [ofAgent, ofOrchestrator]: [number[], number[]] = [[], []];
  for (let i = 0; i < (quick ? 2 : STARTS); i++) {
    await workshop.agents.get('host-a')?.stop();
    ofAgent.push(await timed(() => workshop.startAgent('host-a')));
    await workshop.orchestrator.stop();
    ofOrchestrator.push(await timed(() => workshop.startOrchestrator()));
  }
  say('started and stopped');
  return [
    figure({
      name: 'agent: from its start until it is ready',
      unit: 'ms',
      values: ofAgent,
      goal: atMost('median', READY_WITHIN_MS),
    }),
    figure({ name: 'orchestrator: from its start until it is ready', unit: 'ms', values: ofOrchestrator }),
  ];
}

async function standing(context: Context, workshop: Workshop): Promise<Figure[]> {
  const { rounds, say } = context;
  const [idle, busy]: [Usage[], Usage[]] = [[], []];
  await pause(context.quick ? 0 : SETTLE_MS);
  for (let round = 0; round < rounds; round++) {
    idle.push(await window(context, workshop));
    const endless = await workshop.endless();
    busy.push(await window(context, workshop));
    await workshop.letGo(endless);
    say(`round ${round + 1} of ${rounds}`);
  }
  const cores = (usages: Usage[]): number[] => usages.map(({ cpuSeconds }) => cpuSeconds);
  const perHour = busy.map(
    ({ cpuSeconds }, i) => (cpuSeconds - (idle[i]?.cpuSeconds ?? 0)) * SECONDS_AN_HOUR,
  );
  return [
    figure({
      name: 'agent, idle: resident memory',
      unit: 'MB',
      values: idle.map(({ residentMb }) => residentMb),
      goal: atMost('median', IDLE_MB),
    }),
    figure({
      name: 'agent, idle: CPU',
      unit: '% of a core',
      values: cores(idle).map((part) => part * 100),
      goal: atMost('median', IDLE_PERCENT),
    }),
    figure({ name: 'agent: CPU for one hour of supervising one migration', unit: 's', values: perHour }),
  ];
}

/** CPU seconds in each second, and the memory at the end. */
async function window({ quick }: Context, workshop: Workshop): Promise<Usage> {
  const { pid } = workshop.agents.get('host-a')!;
  const [before, startedAt] = [usageOf(pid), performance.now()];
  await pause(quick ? QUICK_WINDOW_MS : WINDOW_MS);
  const after = usageOf(pid);
  const seconds = (performance.now() - startedAt) / 1000;
  return { cpuSeconds: (after.cpuSeconds - before.cpuSeconds) / seconds, residentMb: after.residentMb };
}

/** As npm fetches it, and as it lies on disk with all that it needs. */
async function packageSize({ folder, quick, say }: Context): Promise<Figure[]> {
  const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
  });
  const [{ filename, size }] = JSON.parse(packed.stdout) as [{ filename: string; size: number }];
  const own = figure({ name: 'the package alone, packed', unit: 'MB', values: [size / 1e6] });
  if (quick) return [own];
  const prefix = join(folder, 'installed');
  mkdirSync(prefix);
  say('installing the package');
  await run('npm', [
    'install',
    '--prefix',
    prefix,
    '--omit=dev',
    '--no-audit',
    '--no-fund',
    join(folder, filename),
  ]);
  const { stdout } = await run('du', ['-sk', prefix]);
  return [
    own,
    figure({
      name: 'the package installed, with all that it needs',
      unit: 'MB',
      values: [Number(stdout.split('\t')[0]) / 1024],
    }),
  ];
}
