/** Lets a schedule's faults strike at their points, and heals what they have broken. */
import { HypervisorError, VirErr, VirFrom } from '../../src/hypervisor/port';
import type { Fault as FleetFault, FaultPhase } from '../../src/hypervisor/simulated';
import type { AgentWatch, Disturbance } from './agent-process';
import type { CommandBlow } from './commands';
import type { AgentCall, Blow, Fault, Point, Side } from './faults';
import type { Lane, LaneWatch } from './lane';

export interface Struck {
  fault: Fault;
  /** Since the run's begin; null if the simulation itself let it strike, at its phase. */
  atMs: number | null;
}

export interface Outside {
  abort(): Promise<void>;
  /** False if none can be killed just now. */
  killOrchestrator(): boolean;
  killTemporal(backAfterMs: number): boolean;
  terminate(): Promise<void>;
  command(blow: CommandBlow): void;
}

type OfKind<K extends Blow['kind']> = Extract<Blow, { kind: K }>;

const SIDES = ['source', 'destination'] as const;

export class Blows implements LaneWatch {
  readonly struck: Struck[] = [];
  /** The host that is off until an operator says so. */
  lost: Side | undefined;
  private readonly startedAt = Date.now();
  private armed: Fault[];
  private readonly passed = new Map<string, number>();
  private readonly timers = new Map<NodeJS.Timeout, () => Promise<void>>();
  private disturbance: Record<Side, Disturbance> = { source: {}, destination: {} };
  private over = false;

  constructor(
    private readonly lane: Lane,
    private readonly guest: string,
    faults: readonly Fault[],
    private readonly outside: Outside,
  ) {
    this.armed = [...faults];
  }

  /** Faults of the fleet's own strike at its phases to the moment; the rest waits for the run to pass their point. */
  async arm(): Promise<void> {
    const own = this.armed.flatMap((fault) => fleetFault(fault) ?? []);
    await this.lane.fleet.arm(own);
    this.armed = this.armed.filter((fault) => !fleetFault(fault));
    for (const fault of this.armed)
      if ('afterMs' in fault.at) this.later(fault.at.afterMs, async () => this.strike(fault));
  }

  /** Nothing strikes any more. What the fleet's own faults have done is known now. */
  async disarm(faults: readonly Fault[]): Promise<void> {
    this.over = true;
    this.armed = [];
    await this.lane.fleet.disarm();
    const fired = (await this.lane.fleet.firedFaults()).map((fault) => JSON.stringify(fault));
    for (const fault of faults) {
      const own = fleetFault(fault);
      if (own && fired.includes(JSON.stringify(own))) this.struck.push({ fault, atMs: null });
    }
  }

  /** Everything is up and connected again, at once. */
  async heal(): Promise<void> {
    const { lane } = this;
    const waiting = [...this.timers];
    this.timers.clear();
    for (const [timer] of waiting) clearTimeout(timer);
    for (const side of SIDES) {
      lane.links[side].heal();
      await lane.fleet.startLibvirtd(lane.hosts[side]);
    }
    await lane.fleet.healLink(lane.hosts.source, lane.hosts.destination);
    for (const side of SIDES) await lane.agents[side].start();
    this.lost = undefined;
  }

  /** Another run's schedule has killed what all share. */
  sharedBlow(blow: Blow): void {
    if (!this.over) this.note({ at: { afterMs: Date.now() - this.startedAt }, blow });
  }

  /** All is up, or will not be down any more. */
  async calm(): Promise<boolean> {
    const { hosts, cutLinks } = await this.lane.fleet.snapshot();
    const gone = this.lost && this.lane.hosts[this.lost];
    const up = Object.values(hosts).every(({ name, libvirtd }) => libvirtd.up || name === gone);
    return up && cutLinks.length === 0 && this.timers.size === 0;
  }

  job(phase: FaultPhase): void {
    this.pass(`job ${phase}`);
  }

  agent(side: Side): AgentWatch {
    return {
      step: (activity, moment) => this.pass(`${side} ${activity} ${moment}`),
      call: (call, moment) => this.passCall(side, call, moment),
      disk: (call) => this.pass(`${side} disk ${call}`),
      disturb: () => {
        const disturbance = this.disturbance[side];
        this.disturbance[side] = {};
        return disturbance;
      },
    };
  }

  get lostAHost(): boolean {
    return this.struck.some(({ fault }) => fault.blow.kind === 'host lost');
  }

  private async passCall(side: Side, call: AgentCall, moment: 'before' | 'after'): Promise<void> {
    for (const { blow } of this.pass(`${side} ${call} ${moment}`)) {
      if (blow.kind === 'call slow') await new Promise((resolve) => setTimeout(resolve, blow.ms));
      if (blow.kind === 'call fails') throw callError(blow);
    }
  }

  /** Faults that have struck. */
  private pass(key: string): Fault[] {
    if (this.over) return [];
    const nth = (this.passed.get(key) ?? 0) + 1;
    this.passed.set(key, nth);
    const due = this.armed.filter(({ at }) => keyOf(at) === key && (!('nth' in at) || at.nth === nth));
    for (const fault of due) this.strike(fault);
    return due;
  }

  private strike(fault: Fault): void {
    if (this.over) return;
    this.armed = this.armed.filter((armed) => armed !== fault);
    if (this.blow(fault) !== false) this.note(fault);
  }

  private note(fault: Fault): void {
    this.struck.push({ fault, atMs: Date.now() - this.startedAt });
  }

  /** False: there was nothing to strike. */
  private blow({ blow, at }: Fault): boolean | void {
    const { lane } = this;
    switch (blow.kind) {
      case 'agent killed':
        return this.killAgent(blow);
      case 'libvirtd killed':
        return ignore(lane.fleet.killLibvirtd(lane.hosts[blow.on], blow.backAfterMs));
      case 'QEMU killed':
        return ignore(lane.fleet.killQemu(lane.hosts[blow.on], this.guest));
      case 'link between the hosts cut':
        return this.cutHosts(blow);
      case 'link to Temporal cut':
        return this.cutTemporal(blow);
      case 'host lost':
        return this.loseHost(blow);
      default:
        // the step's are kept for the step; the call's are done by whoever passes the call
        if ('activity' in at) this.disturbance[at.on] = disturbanceOf(blow);
        return this.blowOutside(blow);
    }
  }

  private blowOutside(blow: Blow): boolean | void {
    const { outside } = this;
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the rest is done by whoever passes the step or call
    switch (blow.kind) {
      case 'orchestrator killed':
        return outside.killOrchestrator();
      case 'Temporal killed':
        outside.killTemporal(blow.backAfterMs);
        return false; // all are told that it struck
      case 'terminated':
        return ignore(outside.terminate());
      case 'abort':
        return ignore(outside.abort());
      case 'abort by update':
      case 'maximum downtime set':
      case 'bandwidth set':
      case 'completion forced':
        return outside.command(blow);
    }
  }

  private killAgent({ on, unsynced, backAfterMs }: OfKind<'agent killed'>): boolean {
    if (!this.lane.agents[on].alive) return false;
    this.lane.agents[on].kill(unsynced);
    this.later(backAfterMs, () => this.lane.agents[on].start());
    return true;
  }

  private loseHost({ on }: OfKind<'host lost'>): void {
    const { agents, fleet, hosts } = this.lane;
    this.lost = on;
    agents[on].kill('kept');
    ignore(fleet.losePower(hosts[on], this.guest));
  }

  private cutHosts({ healsAfterMs }: OfKind<'link between the hosts cut'>): void {
    const { source, destination } = this.lane.hosts;
    ignore(this.lane.fleet.cutLink(source, destination));
    this.later(healsAfterMs, () => this.lane.fleet.healLink(source, destination));
  }

  private cutTemporal({ on, healsAfterMs }: OfKind<'link to Temporal cut'>): void {
    this.lane.links[on].cut();
    this.later(healsAfterMs, async () => this.lane.links[on].heal());
  }

  private later(ms: number, act: () => Promise<void>): void {
    const timer = setTimeout(() => {
      void act().finally(() => this.timers.delete(timer));
    }, ms);
    this.timers.set(timer, act);
  }
}

function keyOf(at: Point): string {
  if ('job' in at) return `job ${at.job}`;
  if ('afterMs' in at) return 'by its timer';
  if ('activity' in at) return `${at.on} ${at.activity} ${at.moment}`;
  return 'disk' in at ? `${at.on} disk ${at.disk}` : `${at.on} ${at.call} ${at.moment}`;
}

/** The simulation's own fault for it, where it has one. */
function fleetFault({ at, blow }: Fault): FleetFault | undefined {
  if (!('job' in at)) return undefined;
  const phase = at.job;
  const on = 'on' in blow && blow.on === 'destination' ? 'target' : 'source';
  switch (blow.kind) {
    case 'libvirtd killed':
      return {
        phase,
        kind: 'kill-libvirtd',
        on,
        restartAfterMs: blow.backAfterMs,
        otherRace: blow.otherRace,
      };
    case 'QEMU killed':
      return { phase, kind: 'kill-qemu', on };
    case 'link between the hosts cut':
      return { phase, kind: 'link-down', healAfterMs: blow.healsAfterMs };
    default:
      return undefined;
  }
}

function disturbanceOf(blow: Blow): Disturbance {
  if (blow.kind === 'answer lost') return { answerLost: true };
  if (blow.kind === 'start delayed') return { delayMs: blow.ms };
  return blow.kind === 'step run twice' ? { twiceLaterMs: blow.laterMs } : {};
}

/** `lost`: whether anything was done is not known; else a refusal that says so. */
function callError({ lost }: OfKind<'call fails'>): HypervisorError {
  return lost
    ? new HypervisorError('End of file while reading data', VirErr.SYSTEM_ERROR, VirFrom.RPC, true)
    : new HypervisorError('internal error: refused', VirErr.INTERNAL_ERROR, VirFrom.NODEDEV, false);
}

/** A blow to what is not there, or no longer, is none. */
function ignore(blow: Promise<unknown>): void {
  blow.catch(() => undefined);
}
