/**
 * The ledger's files, one a device: `claims/` (held by a migration), `created/` (made by us, its guest has arrived) and
 * `quarantine/` (set aside). No locking here: the ledger holds the lock around every call.
 */
import { dirname, join } from 'node:path';
import { moveDurably, removeDurably, TEMPORARY, writeDurably, type Disk } from './disk';
import { inLanes } from './lanes';
import { decodeClaim, decodeQuarantine, encode, type ClaimRecord, type Decoded } from './record';

/** A device that is never handed out. */
export interface QuarantinedDevice {
  /** From the file's name; null if even that tells none. */
  uuid: string | null;
  /** Path of the file that says so; to lift the quarantine, look after the device and remove it. */
  file: string;
  reason: string;
  /** Null if the record is damaged. */
  record: ClaimRecord | null;
}

export interface LedgerState {
  claims: ClaimRecord[];
  /** Devices that we created and whose guest has arrived: ours to remove. */
  created: ClaimRecord[];
  quarantined: QuarantinedDevice[];
  /** Those of `quarantined` whose record cannot be read. */
  damaged: QuarantinedDevice[];
}

export type Folder = 'claims' | 'created';

const QUARANTINE = 'quarantine';
const DAMAGED = '.damaged';
const RECORD = '.json';

/** Errors of a read that are the file's own fault; others (no rights, no descriptors left) stop the ledger. */
const UNREADABLE: readonly (string | undefined)[] = ['EIO', 'EISDIR', 'ELOOP', 'EAGAIN'];

/** Twice the threads that Node.js has for files: while one record is decoded, the next are read. */
const READ_AT_A_TIME = 8;

/** In characters; a longer one could make a record longer than one may be. */
const LONGEST_REASON = 4_000;

export class ClaimStore {
  constructor(
    private readonly disk: Disk,
    private readonly dir: string,
    private readonly onDamage: (device: QuarantinedDevice) => void,
  ) {}

  /** Makes the folders, and removes what a crash has left half written. */
  async prepare(): Promise<void> {
    const folders = ['claims', 'created', QUARANTINE].map((folder) => join(this.dir, folder));
    for (const folder of folders) await this.disk.makeDirectory(folder);
    // A folder's name is as little durable as a file's, before its parent is flushed.
    await this.disk.sync(this.dir);
    await this.disk.sync(dirname(this.dir));
    for (const folder of folders) {
      for (const name of await this.disk.list(folder)) {
        if (name.endsWith(TEMPORARY)) await removeDurably(this.disk, join(folder, name));
      }
    }
  }

  async read(): Promise<LedgerState> {
    const claims = await this.readFolder('claims');
    const created = await this.readFolder('created');
    // Last: it then holds what the first two have set aside.
    const quarantined = await this.readQuarantine();
    return { claims, created, quarantined, damaged: quarantined.filter((device) => device.record === null) };
  }

  /** Of one folder alone. */
  claims(): Promise<ClaimRecord[]> {
    return this.readFolder('claims');
  }

  /** Of these devices alone, however many others there are. */
  async find(folder: Folder, targets: readonly string[]): Promise<ClaimRecord[]> {
    const names = targets.map((target) => target + RECORD);
    const records = await this.readFiles(folder, names);
    if (records.length < targets.length) await this.disk.list(join(this.dir, folder)); // not there, or the folder is not?
    return records;
  }

  async put(folder: Folder, record: ClaimRecord): Promise<void> {
    await writeDurably(this.disk, this.pathOf(folder, record.target), encode(record));
  }

  /** Makes the names in it durable. */
  flush(folder: Folder): Promise<void> {
    return this.disk.sync(join(this.dir, folder));
  }

  async drop(folder: Folder, target: string): Promise<void> {
    await removeDurably(this.disk, this.pathOf(folder, target));
  }

  /** The quarantine is durable before the claim goes: in between, the device is in both, never in neither. */
  async quarantine(record: ClaimRecord, reason: string, since: string): Promise<void> {
    await writeDurably(
      this.disk,
      join(this.dir, QUARANTINE, record.target + RECORD),
      encode({ record, reason: reason.slice(0, LONGEST_REASON), since }),
    );
    await this.drop('claims', record.target);
  }

  private pathOf(folder: Folder, target: string): string {
    return join(this.dir, folder, target + RECORD);
  }

  private async namesIn(folder: string): Promise<string[]> {
    const names = await this.disk.list(join(this.dir, folder));
    return names.filter((name) => !name.endsWith(TEMPORARY)).sort();
  }

  private async readFolder(folder: Folder): Promise<ClaimRecord[]> {
    return this.readFiles(folder, await this.namesIn(folder));
  }

  /** A file that is not there is no record. */
  private async readFiles(folder: Folder, names: readonly string[]): Promise<ClaimRecord[]> {
    const records: ClaimRecord[] = [];
    const files = await inLanes(READ_AT_A_TIME, names, (name) =>
      this.decodeFile(join(this.dir, folder, name), decodeClaim),
    );
    for (const [index, name] of names.entries()) {
      const decoded = files[index];
      if (decoded === undefined) continue;
      if (decoded.ok && name === decoded.value.target + RECORD) records.push(decoded.value);
      else
        await this.setAside(folder, name, decoded.ok ? 'its content is that of another device' : decoded.why);
    }
    return records;
  }

  /** `undefined`: there is no such file. */
  private async decodeFile<T>(
    path: string,
    decode: (file: string) => Decoded<T>,
  ): Promise<Decoded<T> | undefined> {
    try {
      return decode(await this.disk.read(path));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      if (!UNREADABLE.includes(code)) throw error;
      return { ok: false, why: `it cannot be read (${code})` };
    }
  }

  /** The bytes are kept for a person to look at; the name goes on telling which device it is. */
  private async setAside(folder: Folder, name: string, why: string): Promise<void> {
    const file = join(this.dir, QUARANTINE, `${name}.${folder}${DAMAGED}`);
    await moveDurably(this.disk, join(this.dir, folder, name), file);
    this.onDamage(damagedDevice(file, name, why));
  }

  private async readQuarantine(): Promise<QuarantinedDevice[]> {
    const devices: QuarantinedDevice[] = [];
    for (const name of await this.namesIn(QUARANTINE)) {
      const file = join(this.dir, QUARANTINE, name);
      const device = name.endsWith(DAMAGED)
        ? damagedDevice(file, name, 'set aside when it was read')
        : await this.readQuarantined(file, name);
      if (device) devices.push(device);
    }
    return devices;
  }

  /** `undefined`: a person has lifted it just now. */
  private async readQuarantined(file: string, name: string): Promise<QuarantinedDevice | undefined> {
    const decoded = await this.decodeFile(file, decodeQuarantine);
    if (decoded === undefined) return undefined;
    if (!decoded.ok) return damagedDevice(file, name, decoded.why);
    const { record, reason } = decoded.value;
    return { uuid: record.target, file, reason, record };
  }
}

function damagedDevice(file: string, name: string, why: string): QuarantinedDevice {
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\.)/.exec(name)?.[0] ?? null;
  return { uuid, file, reason: `the device's record is damaged: ${why}`, record: null };
}
