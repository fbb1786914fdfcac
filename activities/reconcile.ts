/** The host's sweep: looks once, decides by the rules of src/reconcile, and looks again under the ledger's lock before each act. */
import { ApplicationFailure } from '@temporalio/activity';
import {
  type ReconcileActivities,
  type ReconcileReport,
  type ReconciledDevice,
  ErrorType,
} from '../src/contract';
import type { ClaimRecord } from '../src/claims';
import { HypervisorError } from '../src/hypervisor/port';
import {
  type SweepDecision,
  type SweepFacts,
  decideClaim,
  decideNote,
  decideSweep,
  hostAttention,
} from '../src/reconcile';
import type { HostDeps } from './deps';
import { undoDevice } from './devices';
import { typed } from './failures';
import { readInput, reconcileInput } from './inputs';
import { lookAgain, lookAround } from './reconcile-look';

/** Where in the report a device ends. */
type Outcome = 'released' | 'consumed' | 'removed' | 'quarantined' | 'kept';

/** With what was seen when it was decided. */
type SweepDeps = HostDeps & { facts: SweepFacts };

/** What was decided no longer holds: the device is left alone this time. */
class SweepChanged extends Error {
  override readonly name = 'SweepChanged';
}

export function createReconcileActivities(deps: HostDeps): ReconcileActivities {
  const { host } = deps;
  return {
    async reconcileHost(raw) {
      const input = readInput(reconcileInput, raw);
      if (input.host !== host)
        throw ApplicationFailure.nonRetryable(
          `Sweep refused: found host ${input.host} in its input, required ${host}, whose agent this is. Nothing was touched.`,
          ErrorType.InvalidInput,
        );
      return typed(host, () => sweep(deps));
    },
  };
}

async function sweep(deps: HostDeps): Promise<ReconcileReport> {
  const facts = await lookAround(deps);
  const report = emptyReport(deps.host);
  report.attention.push(...hostAttention(facts));
  noteQuarantined(report, facts);
  for (const decision of decideSweep(facts)) await carryOut({ ...deps, facts }, decision, report);
  const { released, consumed, removed, quarantined, kept, attention } = report;
  deps.log.info(
    {
      released: released.length,
      consumed: consumed.length,
      removed: removed.length,
      quarantined: quarantined.length,
      kept: kept.length,
      attention,
    },
    'swept',
  );
  return report;
}

function emptyReport(host: string): ReconcileReport {
  const at = new Date().toISOString();
  return { host, at, released: [], consumed: [], removed: [], quarantined: [], kept: [], attention: [] };
}

/** Those of earlier sweeps and migrations: they stay until a person has looked after them. */
function noteQuarantined(report: ReconcileReport, { ledger }: SweepFacts): void {
  for (const { record, reason } of ledger.quarantined)
    if (record) report.quarantined.push(deviceOf(record, reason));
}

/** One device's failure must not stop the others; but a daemon that is gone is gone for all. */
async function carryOut(deps: SweepDeps, decision: SweepDecision, report: ReconcileReport): Promise<void> {
  const { record, why, attention } = decision;
  try {
    const outcome = await act(deps, decision);
    if (outcome === 'gone') return;
    if (outcome === 'quarantined') noteSetAside(report, deps.host, decision);
    else report[outcome].push(deviceOf(record, why));
    report.attention.push(...attention);
  } catch (error) {
    if (error instanceof HypervisorError && error.connectionLost) throw error;
    const { message } = error as Error;
    report.kept.push(deviceOf(record, message));
    if (error instanceof SweepChanged) return;
    deps.log.warn({ mdev: record.target, action: decision.action, error: message }, 'a sweep failed');
    report.attention.push(`mdev ${record.target}: ${decision.action} failed on ${deps.host}: ${message}`);
  }
}

/** In quarantine since now; a record whose quarantine had been cut short is in the report already. */
function noteSetAside(report: ReconcileReport, host: string, { record, action, why }: SweepDecision): void {
  if (action !== 'release') return;
  report.quarantined.push(deviceOf(record, `${why}; it could not be made anew`));
  report.attention.push(
    `mdev ${record.target} on ${host} could not be made anew and is in quarantine. See after it, then remove its file in the ledger's folder "quarantine".`,
  );
}

/** `gone`: somebody else has dealt with it since we looked. */
function act(deps: SweepDeps, { record, action, why }: SweepDecision): Promise<Outcome | 'gone'> {
  switch (action) {
    case 'keep':
      return Promise.resolve('kept');
    case 'release':
      return release(deps, record);
    case 'consume':
      return consume(deps, record);
    case 'remove':
      return remove(deps, record);
    case 'quarantine':
      return deps.ledger.quarantine(record, why).then(() => 'quarantined' as const);
  }
}

/** As after a failed migration: whether one was tried on the device, nobody can say any more. */
async function release(deps: SweepDeps, record: ClaimRecord): Promise<Outcome | 'gone'> {
  const { claimId, target, migration } = record;
  const { freed, quarantined } = await deps.ledger.release(
    { ...migration, claimId, target },
    async (held) => {
      await requireStill(deps, 'release', held, decideClaim);
      return undoDevice(deps, held, { recycle: true });
    },
  );
  if (quarantined.length > 0) return 'quarantined';
  return freed.length > 0 ? 'released' : 'gone';
}

async function consume(deps: SweepDeps, record: ClaimRecord): Promise<Outcome | 'gone'> {
  const { claimId, target, migration } = record;
  const check = (held: ClaimRecord): Promise<void> => requireStill(deps, 'consume', held, decideClaim);
  const consumed = await deps.ledger.consume(claimId, migration, { target, check });
  return consumed.length > 0 ? 'consumed' : 'gone';
}

async function remove(deps: SweepDeps, { target }: ClaimRecord): Promise<Outcome | 'gone'> {
  const outcome = await deps.ledger.removeCreated(target, async (noted) => {
    await requireStill(deps, 'remove', noted, decideNote);
    await deps.hypervisor.destroyMdev(target);
  });
  if (outcome === 'claimed') throw new SweepChanged('a migration has claimed it meanwhile');
  return outcome === 'removed' ? 'removed' : 'gone';
}

/** Called under the ledger's lock: everything is asked again, and has to lead to the same act. */
async function requireStill(
  deps: SweepDeps,
  action: SweepDecision['action'],
  record: ClaimRecord,
  decide: (facts: SweepFacts, record: ClaimRecord) => SweepDecision,
): Promise<void> {
  const now = decide(await lookAgain(deps, deps.facts.ledger, record), record);
  if (now.action !== action) throw new SweepChanged(`it has changed during the sweep: ${now.why}`);
}

function deviceOf({ target, type, guest, migration }: ClaimRecord, why: string): ReconciledDevice {
  return { uuid: target, type, guest, migration: migration.workflow, why };
}
