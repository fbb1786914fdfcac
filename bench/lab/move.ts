/** One guest moved from host a to host b, in one of several ways, and what was seen of it from outside. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { cleanHosts } from '../../lab/src/clean';
import { countsFrom } from '../../lab/src/counting';
import { type GuestSpec, MTTY_PARENT, startGuest, unbrokenText } from '../../lab/src/guest';
import type { LabHost } from '../../lab/src/host';
import type { Lab } from '../../lab/src/lab';
import type { LifecycleObserver } from '../../lab/src/lifecycle';
import { type Migrations, succeeded } from '../../lab/src/migrations';
import { must } from '../../lab/src/shell';
import { tickTimes } from '../../lab/src/trace';
import type { StageTime } from '../../src/contract';
import * as libvirt from '../../src/hypervisor/libvirt/constants';
import { timed } from '../harness/rounds';
import { outside } from './outside-agents';

/**
 * `lasting`: by the script, with a device that outlives a reboot. `script outside`, `agents outside`: the same, and the fenced way,
 * by programs of this machine, which is not emulated.
 */
export const WAYS = [
  ...(['by hand', 'lasting', "libvirt's switchover", 'fenced'] as const),
  ...(['script outside', 'agents outside'] as const),
] as const;
export type Way = (typeof WAYS)[number];
type Script = Extract<Way, 'by hand' | 'lasting' | 'script outside'>;
const SCRIPTS: readonly Way[] = ['by hand', 'lasting', 'script outside'] satisfies Script[];
const isScript = (way: Way): way is Script => SCRIPTS.includes(way);

/** Milliseconds. */
export interface Move {
  way: Way;
  /** From the order to the end of the clean-up. */
  wall: number;
  /** From the source's SUSPENDED event to the target's RESUMED. */
  downtime: number;
  /** From the source's SUSPENDED event to its SHUTDOWN: its copy can run no more. */
  sourceEnded: number;
  /** The `downtime` that the destination's libvirt tells of the job. */
  reported: number;
  /** How much later than its period the guest's own counter has come, at its worst. */
  guestGap: number;
  /** Of LiveMigrateVgpu. */
  stages: StageTime[];
}

const SCRIPT = '/run/by-hand.sh';
const SCRIPT_HERE = join(__dirname, 'by-hand.sh');
/** The guest's payload counts this often. */
const PERIOD_MS = 200;
const MOVE_LIMIT_MS = 4 * 60_000;

export class Moves {
  constructor(
    private readonly lab: Lab,
    private readonly observer: LifecycleObserver,
    private readonly migrations: Migrations,
  ) {}

  async installScript(): Promise<void> {
    await this.lab.a.writeFile(SCRIPT, readFileSync(SCRIPT_HERE, 'utf8'));
  }

  /** Rejects if the guest is not whole afterwards: such a run is no measurement. */
  async move(way: Way): Promise<Move> {
    const { lab, observer } = this;
    await cleanHosts(lab.hosts);
    const guest: GuestSpec = {
      ...{ name: 'desk', uuid: randomUUID() },
      mdevs: [{ uuid: randomUUID(), type: 'mtty-2' }],
    };
    await startGuest(lab.a, guest);
    observer.forget();
    const { wall, stages } = isScript(way) ? await this.byHand(guest, way) : await this.byFerry(guest, way);
    return { way, wall, stages, ...(await this.seen()), ...(await this.afterwards(guest)) };
  }

  /** Its own host's clock: what it takes to reach that host from outside is not its fault. */
  private async byHand(
    { uuid, mdevs: [mdev] }: GuestSpec,
    way: Script,
  ): Promise<Pick<Move, 'wall' | 'stages'>> {
    const { a, b } = this.lab;
    const device = way === 'by hand' ? 'transient' : 'lasting';
    const args = [uuid, b.peerUri, mdev!.uuid, mdev!.type, MTTY_PARENT, device];
    if (way === 'script outside') {
      const env = { LIBVIRT_DEFAULT_URI: a.libvirtUri, PEER_HERE: b.libvirtUri };
      return {
        wall: await timed(() => must('sh', [SCRIPT_HERE, ...args], { env, timeoutMs: MOVE_LIMIT_MS })),
        stages: [],
      };
    }
    const order = `sh ${SCRIPT} ${args.join(' ')} >/dev/null`;
    const script = `set -e; begin=$(date +%s%N); ${order}; end=$(date +%s%N); echo $(((end - begin) / 1000))`;
    return { wall: Number(await a.ssh(script, MOVE_LIMIT_MS)) / 1000, stages: [] };
  }

  private async byFerry({ uuid }: GuestSpec, way: Way): Promise<Pick<Move, 'wall' | 'stages'>> {
    const { a, b } = this.lab;
    const switchover = way === "libvirt's switchover" ? 'libvirt' : 'fenced';
    const nameOf = way === 'agents outside' ? outside : ({ name }: LabHost): string => name;
    const begin = performance.now();
    const { stages } = await succeeded(
      await this.migrations.start({
        ...{ guest: uuid, source: nameOf(a), destination: nameOf(b) },
        policy: { switchover, sourceMdevs: 'remove' },
      }),
    );
    return { wall: performance.now() - begin, stages };
  }

  private async seen(): Promise<Pick<Move, 'downtime' | 'sourceEnded'>> {
    const at = async (host: 'a' | 'b', event: number): Promise<number> =>
      (await this.observer.next({ host, event })).at;
    const start = await at('a', libvirt.VIR_DOMAIN_EVENT_SUSPENDED);
    return {
      downtime: (await at('b', libvirt.VIR_DOMAIN_EVENT_RESUMED)) - start,
      sourceEnded: (await at('a', libvirt.VIR_DOMAIN_EVENT_SHUTDOWN)) - start,
    };
  }

  private async afterwards(guest: GuestSpec): Promise<Pick<Move, 'reported' | 'guestGap'>> {
    const { a, b } = this.lab;
    await countsFrom(b, guest);
    const text = await unbrokenText({ a, b }, guest);
    const job = await b.virsh('domjobinfo', '--completed', guest.uuid);
    return { reported: downtimeIn(job), guestGap: worstGap(tickTimes(text)) };
  }
}

/** Of `virsh domjobinfo --completed`. Throws if it tells none. */
export function downtimeIn(jobinfo: string): number {
  const found = /^Total downtime:\s+(\d+)\s+ms/m.exec(jobinfo);
  if (!found) throw new Error(`no downtime in what virsh says of the job:\n${jobinfo}`);
  return Number(found[1]);
}

export function worstGap(times: readonly number[]): number {
  return Math.max(...times.slice(1).map((time, i) => time - times[i]!)) - PERIOD_MS;
}
