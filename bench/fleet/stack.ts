/** Everything that a migration goes through, on one machine: server, orchestrator, agents; beside them the bare workflow's workers. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { type Program, startOrchestrator } from '../programs/ferry';
import { startTemporalOnPostgreSql } from '../programs/postgresql-temporal';
import { startUntunedTemporal, type TemporalServer } from '../programs/untuned-temporal';
import { type Usage, sumOf, usageOf } from '../programs/usage';
import { startEmbeddedTemporal } from '../../src/temporal/embedded';
import { Child } from './child';
import { askHosts } from '../../src/temporal/hosts';
import { type FleetPlan, hostsOf } from './plan';

export type ServerKind = 'embedded' | 'untuned' | 'postgresql';

export interface StackOptions {
  plan: FleetPlan;
  folder: string;
  /** By default the embedded server of the product. */
  server?: ServerKind;
  /** Told of what takes long. */
  say?: (line: string) => void;
  bare?: boolean;
  /** For the orchestrator. */
  nodeOptions?: string[];
}

const SERVERS: Record<ServerKind, (folder: string, say?: (line: string) => void) => Promise<TemporalServer>> =
  {
    embedded: () => startEmbeddedTemporal(),
    untuned: (folder) => startUntunedTemporal(folder),
    postgresql: startTemporalOnPostgreSql,
  };

const ASKED_AT_A_TIME = 20;

export type Part = 'orchestrator' | 'agents' | 'server';
/** `workers`: the two processes of the bare workflow. */
export type BarePart = 'workers' | 'server';

export class Stack {
  private readonly closers: (() => Promise<unknown>)[] = [];
  plan!: FleetPlan;
  client!: Client;
  server!: TemporalServer;
  private orchestrator!: Program;
  private farm!: Child;
  private readonly bareWorkers: Child[] = [];

  static async start(options: StackOptions): Promise<Stack> {
    const stack = new Stack();
    try {
      await stack.open(options);
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) await close();
  }

  /** By process; the agents of all hosts are one. */
  usage(): Record<Part, Usage> {
    return {
      orchestrator: usageOf(this.orchestrator.pid),
      agents: usageOf(this.farm.pid),
      server: this.serverUsage(),
    };
  }

  bareUsage(): Record<BarePart, Usage> {
    const workers = sumOf(this.bareWorkers.map(({ pid }) => usageOf(pid)));
    return { workers, server: this.serverUsage() };
  }

  placement(): ReturnType<Child['placement']> {
    return this.farm.placement();
  }

  /** In order: what was written at its end, such as a profile, is there afterwards. */
  async stopOrchestrator(): Promise<void> {
    await this.orchestrator.stop();
  }

  /** An agent that is ready polls soon; on a machine that starts a thousand of them, not at once. */
  private async agentsAnswer(): Promise<void> {
    let hosts = Array.from({ length: this.plan.pairs }, (_, pair) => hostsOf(pair)).flat();
    while (hosts.length > 0) {
      const asked = hosts.splice(0, ASKED_AT_A_TIME);
      const answers = await askHosts(this.client, asked);
      hosts = [...hosts, ...answers.filter(({ answers: does }) => !does).map(({ host }) => host)];
    }
  }

  private serverUsage(): Usage {
    return this.server.usage?.() ?? usageOf(this.server.pid);
  }

  private async open({
    plan,
    folder: parent,
    server = 'embedded',
    bare = true,
    nodeOptions,
    say,
  }: StackOptions): Promise<void> {
    const folder = mkdtempSync(join(parent, 'stack-'));
    this.plan = plan;
    this.server = await SERVERS[server](folder, say);
    this.closers.push(() => this.server.stop());
    const { address } = this.server;
    const connection = await Connection.connect({ address });
    this.closers.push(() => connection.close());
    this.client = new Client({ connection });
    this.orchestrator = await startOrchestrator(address, nodeOptions);
    this.closers.push(() => this.orchestrator.stop());
    const settings = { address, plan, folder };
    const start = async (program: string, role?: string): Promise<Child> => {
      const child = await Child.start(program, settings, role);
      this.closers.push(() => child.stop());
      return child;
    };
    this.farm = await start('farm-process');
    await this.agentsAnswer();
    if (!bare) return;
    for (const role of ['workflows', 'activities']) this.bareWorkers.push(await start('bare-process', role));
  }
}
