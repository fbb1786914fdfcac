/** What the host's activities are made from: ports in, so that a test or the simulation can stand in. */
import type { MigrationState } from '../src/contract';
import type { Hypervisor } from '../src/hypervisor/port';
import type { PeerSettings } from '../src/checks';
import type { Ledger } from '../src/claims';
import type { VgpuProfiles } from '../src/convergence';
import type { CallerCheck } from './caller';
import type { AttemptCheck } from './current-attempt';
import type { MigrationJobs } from './migration-jobs';
import type { ProgressReports } from './progress-reports';

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Temporal, as far as a host has to ask it. Never rejects: no answer is `unknown`. */
export interface Migrations {
  /** Of the chain of runs that `run` is the first of; without `run`, of any with that workflow id. */
  stateOf(of: { workflow: string; run?: string }): Promise<MigrationState>;
}

export interface HostDeps {
  /** This host's id. */
  host: string;
  hypervisor: Hypervisor;
  ledger: Ledger;
  /** `undefined` if no peer of that id is configured. */
  peer(host: string): PeerSettings | undefined;
  /** Of the configuration: guests leave this host over TLS only, whatever a workflow says. */
  requireTls: boolean;
  /** Of the configuration: a guest's QEMU is asked what it would refuse a migration for. */
  askQemu: boolean;
  /** What the configuration says of vGPU types. */
  profiles: VgpuProfiles;
  jobs: MigrationJobs;
  /** How a job's figures reach the workflow; absent = only by heartbeats. */
  reports?: ProgressReports;
  migrations: Migrations;
  /** See `SourceFacts.searchable`; never rejects. */
  searchable(): Promise<boolean>;
  /** Before a step changes something. */
  attemptIsCurrent: AttemptCheck;
  isOwnStep: CallerCheck;
  log: Log;
}
