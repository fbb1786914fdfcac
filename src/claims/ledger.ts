/**
 * The durable ledger of this host's claimed devices. Each operation is one atomic step: it holds the lock from the first
 * read to the last write, so the choice of a device and its record cannot be parted, by this process or another.
 *
 * A record is durable before a device is created for it, and goes only when the device is undone: a crash at any moment
 * leaves a record too many, which its migration finds again, never a device that nobody knows of.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Attempts } from './attempts';
import { hostDisk, type Disk } from './disk';
import { tellingDiskFaults } from './disk-fault';
import { ClaimConflictError } from './errors';
import { FileLock } from './file-lock';
import type {
  Choose,
  ClaimAnswer,
  ClaimOwner,
  MdevRequest,
  OneDevice,
  ReleaseAnswer,
  UndoOutcome,
} from './operations';
import type { ClaimRecord } from './record';
import { inOrderOf, isHeldBy, refuseBadChoice, refuseOtherRequests } from './rules';
import { ClaimStore, type LedgerState, type QuarantinedDevice } from './store';

export interface LedgerOptions {
  /** Host id, for messages. */
  host: string;
  /** Called once when a damaged record is found and set aside; log it. */
  onDamage: (device: QuarantinedDevice) => void;
  /** How long a caller waits for the lock. Default: a minute, several times what creating a device takes. */
  lockWaitMs?: number;
  disk?: Disk;
  newClaimId?: () => string;
  now?: () => Date;
}

const LOCK_WAIT_MS = 60_000;

/** `dir` is the agent's state directory; it must be on a disk of this host alone. */
export async function openLedger(dir: string, options: LedgerOptions): Promise<Ledger> {
  const disk = options.disk ?? hostDisk;
  // The lock's own file lies in it, before the ledger can be asked to make its folders.
  await tellingDiskFaults(options.host, dir, () => disk.makeDirectory(dir));
  const ledger = new Ledger(dir, disk, options);
  await ledger.prepare();
  return ledger;
}

export class Ledger {
  private readonly host: string;
  private readonly lock: FileLock;
  private readonly store: ClaimStore;
  private readonly newClaimId: () => string;
  private readonly now: () => Date;
  private readonly attempts = new Attempts();

  constructor(
    private readonly dir: string,
    disk: Disk,
    options: LedgerOptions,
  ) {
    this.host = options.host;
    this.lock = new FileLock(join(dir, 'lock'), options.lockWaitMs ?? LOCK_WAIT_MS, options.host);
    this.store = new ClaimStore(disk, dir, options.onDamage);
    this.newClaimId = options.newClaimId ?? randomUUID;
    this.now = options.now ?? (() => new Date());
  }

  /** Done by `openLedger`. */
  prepare(): Promise<void> {
    return this.alone(() => this.store.prepare());
  }

  list(): Promise<LedgerState> {
    return this.alone(() => this.store.read());
  }

  /** For `claim`: taken when an attempt to claim begins. */
  moment(): number {
    return this.attempts.moment();
  }

  /**
   * The same migration gets the same answer again; what a crash left of it is completed. `since`: when the attempt began. One that
   * was given up, and whose migration has released since, is refused: what it would record nobody would release.
   */
  async claim(
    migration: ClaimOwner & { guest: string },
    requests: readonly MdevRequest[],
    choose: Choose,
    since = this.moment(),
  ): Promise<ClaimAnswer> {
    if (requests.length === 0) return { claimId: '', records: [], damaged: [] };
    return this.alone(async () => {
      if (this.attempts.hasLetGo(migration, since))
        throw new ClaimConflictError(
          `${this.host}: ${migration.workflow} (run ${migration.run}) has released since this attempt to claim began. Nothing was done.`,
        );
      const state = await this.store.read();
      const held = state.claims.filter((record) => isHeldBy(record, migration));
      refuseOtherRequests(this.host, held, requests);
      if (held.length > 0) await this.store.flush('claims'); // what an attempt has recorded may not be durable yet
      const missing = requests.filter((request) => !held.some((record) => record.source === request.source));
      const added = missing.length === 0 ? [] : await this.record(migration, held, missing, state, choose);
      const records = inOrderOf(requests, [...held, ...added]);
      return { claimId: records[0]?.claimId ?? '', records, damaged: state.damaged };
    });
  }

  /**
   * Runs `act` while nobody can release the claim: for creating its devices. A late attempt whose claim was released
   * meanwhile is refused, so it cannot make a device that no record tells of.
   */
  async whileHeld<T>(
    { claimId, records: claimed }: Pick<ClaimAnswer, 'claimId' | 'records'>,
    owner: ClaimOwner,
    act: (records: ClaimRecord[]) => Promise<T>,
  ): Promise<T> {
    return this.alone(async () => {
      const targets = claimed.map(({ target }) => target);
      const found = await this.store.find('claims', targets);
      const records = found.filter((record) => isHeldBy(record, owner) && record.claimId === claimId);
      if (records.length > 0) return act(records);
      throw new ClaimConflictError(
        `${this.host}: ${owner.workflow} (run ${owner.run}) no longer holds claim ${claimId}; it was released or consumed. Nothing was done.`,
      );
    });
  }

  /**
   * Undoes each device of the claim, and only then its record. Without `claimId`: all that the migration holds; with
   * `target`: that device alone. A claim that is gone, or is another's, is nothing to free. If `undo` fails for one, the
   * others are still tried.
   */
  async release(
    owner: ClaimOwner & { claimId?: string | undefined; target?: string },
    undo: (record: ClaimRecord) => Promise<UndoOutcome>,
  ): Promise<ReleaseAnswer> {
    return this.alone(async () => {
      this.attempts.noteLetGo(owner);
      const answer: ReleaseAnswer = { freed: [], quarantined: [] };
      const failures: unknown[] = [];
      for (const record of only(owner.target, await this.held(owner, owner.claimId))) {
        try {
          await this.settle(record, await undo(record), answer);
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
      return answer;
    });
  }

  /** The guest has arrived: its domain now shows the devices as used. Those that we created are remembered as ours. */
  async consume(claimId: string, owner: ClaimOwner, one?: OneDevice): Promise<ClaimRecord[]> {
    return this.alone(async () => {
      const records = only(one?.target, await this.held(owner, claimId));
      for (const record of records) {
        await one?.check(record);
        // First noted as ours, then no longer claimed: a crash in between leaves both, and this is called again.
        if (record.created) await this.store.put('created', { ...record, whenUnused: 'remove' });
        await this.store.drop('claims', record.target);
      }
      return records;
    });
  }

  /** The record of a device that we created here, if we did; claims don't count. */
  async created(uuid: string): Promise<ClaimRecord | undefined> {
    const [record] = await this.alone(() => this.store.find('created', [uuid]));
    return record;
  }

  /**
   * Removes a device of ours and its record, while nobody can claim it. One that is not ours, or that another migration
   * has claimed since its guest left, is not touched.
   */
  async removeCreated(
    uuid: string,
    remove: (record: ClaimRecord) => Promise<void>,
  ): Promise<'removed' | 'not-ours' | 'claimed'> {
    return this.alone(async () => {
      const [record] = await this.store.find('created', [uuid]);
      if (!record) return 'not-ours';
      if ((await this.store.find('claims', [uuid])).length > 0) return 'claimed';
      await remove(record);
      await this.store.drop('created', uuid);
      return 'removed';
    });
  }

  /** Its guest has left, and it is to stay: noted, so that it can be told from a leak. Not ours: nothing to note. */
  async keepCreated(uuid: string): Promise<void> {
    await this.alone(async () => {
      const [record] = await this.store.find('created', [uuid]);
      if (record) await this.store.put('created', { ...record, whenUnused: 'keep' });
    });
  }

  /** After its removal. Idempotent. */
  forgetCreated(uuid: string): Promise<void> {
    return this.alone(() => this.store.drop('created', uuid));
  }

  /** Sets a claimed device aside, never to be handed out. Not from within `release`: there, `undo` answers so. */
  async quarantine(record: ClaimRecord, reason: string): Promise<void> {
    await this.alone(async () => {
      const [held] = (await this.held(record.migration, record.claimId)).filter(
        ({ target }) => target === record.target,
      );
      if (held) return this.setAside(held, reason);
      throw new ClaimConflictError(
        `${this.host}: device ${record.target} is no longer held by claim ${record.claimId}; it was not quarantined.`,
      );
    });
  }

  /** One operation, from its first read to its last write. */
  private alone<T>(act: () => Promise<T>): Promise<T> {
    return tellingDiskFaults(this.host, this.dir, () => this.lock.run(act));
  }

  /** An empty `claimId` is one that nobody holds; only an absent one means all. */
  private async held(owner: ClaimOwner, claimId: string | undefined): Promise<ClaimRecord[]> {
    const claims = await this.store.claims();
    return claims.filter(
      (record) => isHeldBy(record, owner) && (claimId === undefined || record.claimId === claimId),
    );
  }

  private async settle(record: ClaimRecord, outcome: UndoOutcome, answer: ReleaseAnswer): Promise<void> {
    if (!outcome.done) {
      await this.setAside(record, outcome.quarantine);
      answer.quarantined.push(record);
      return;
    }
    // Left by a consumption that was cut short; the device that it speaks of is gone.
    if (record.created) await this.store.drop('created', record.target);
    await this.store.drop('claims', record.target);
    answer.freed.push(record);
  }

  private setAside(record: ClaimRecord, reason: string): Promise<void> {
    return this.store.quarantine(record, reason, this.now().toISOString());
  }

  private async record(
    migration: ClaimOwner & { guest: string },
    held: ClaimRecord[],
    missing: MdevRequest[],
    state: LedgerState,
    choose: Choose,
  ): Promise<ClaimRecord[]> {
    const chosen = await choose(state, missing);
    refuseBadChoice(this.host, chosen, missing, state);
    const shared = {
      version: 1 as const,
      claimId: held[0]?.claimId ?? this.newClaimId(),
      migration: { workflow: migration.workflow, run: migration.run },
      guest: migration.guest,
      claimedAt: this.now().toISOString(),
    };
    const records = chosen.map(({ type, parent, source, target, created }) => ({
      ...shared,
      type,
      parent,
      source,
      target,
      created,
    }));
    for (const record of records) await this.store.put('claims', record);
    return records;
  }
}

function only(target: string | undefined, records: ClaimRecord[]): ClaimRecord[] {
  return target === undefined ? records : records.filter((record) => record.target === target);
}
