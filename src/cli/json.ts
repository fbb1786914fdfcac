/** What `--json` prints, by command; docs/reference-messages.md is made of it. */
import type {
  CommandAnswer,
  DryRun,
  FailedCheck,
  GuestSummary,
  LedgerRecord,
  MigrationResult,
  ReconcileReport,
  SearchAttribute,
} from '../contract';
import type { Section } from '../doctor';
import type { Story } from '../report';
import type { HostAnswer } from '../temporal/hosts';
import type { ListedMigration } from '../temporal/list-migrations';
import type { Unstuck } from '../temporal/unstick';
import { sayJson } from './say';

export interface JsonOutput {
  /** At the migration's end. */
  migrate: MigrationEnd;
  'migrate --dry-run': DryRun;
  'migrate --detach': Started;
  /** At the migration's end. */
  watch: MigrationEnd;
  list: ListedMigration[];
  report: Story;
  abort: CommandAnswer;
  'force-complete': CommandAnswer;
  /** One answer to both, if both were set. */
  set: CommandAnswer;
  resolve: CommandAnswer;
  unstick: Unstuck;
  hosts: HostAnswer[];
  guests: GuestsOfHosts;
  claims: ClaimsOfHosts;
  reconcile: ReconcileReport | SweepFailed;
  doctor: Examined;
  setup: SetupReport;
  'codec keys': CodecKeys;
}

/** How a migration ended. */
export type MigrationEnd =
  | { ok: true; result: MigrationResult }
  | { ok: false; error: { type: string; message: string; failedChecks?: FailedCheck[] } };

export interface Started {
  workflowId: string;
  guest: string;
}

export interface GuestsOfHosts {
  guests: ({ host: string } & GuestSummary)[];
  unanswered: Unanswered[];
}

export interface ClaimsOfHosts {
  records: ({ host: string } & LedgerRecord)[];
  unanswered: Unanswered[];
}

/** A host of which nothing is known. */
export interface Unanswered {
  host: string;
  /** Why, in words. */
  found: string;
}

export interface SweepFailed {
  error: { type: string; message: string };
}

export interface Examined {
  /** The agent's configuration that was read; null: this machine has none. */
  config: string | null;
  sections: Section[];
}

export interface CodecKeys {
  file: string;
  /** Id of the key that is used; null: nothing is encrypted. */
  encryptsWith: string | null;
  /** No key itself is shown. `check` is the same wherever the key is. */
  keys: { id: string; check: string; encrypts: boolean }[];
}

export interface SetupReport {
  namespace: string;
  created: SearchAttribute[];
  /** Still; of `--check` only. */
  missing: SearchAttribute[];
}

/** `command` says what is printed, so that it is what the reference says. */
export function printJson<Command extends keyof JsonOutput>(
  _command: Command,
  value: JsonOutput[Command],
): void {
  sayJson(value);
}
