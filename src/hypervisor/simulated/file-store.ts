/** A fleet in one file, shared by several processes: each change is read, made and written under a lock. */
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { FileLock } from '../../claims/file-lock';
import type { FleetState } from './state';
import type { FleetStore } from './store';

/** Other processes' changes are noticed by looking; only while somebody waits for one. */
const LOOK_EVERY_MS = 50;
/** A change takes a millisecond or so; whoever waits this long waits for a hung process. */
const LOCK_WAIT_MS = 30_000;

/** The fleet in the file at `path`, which must exist. */
export function fileStore(path: string): FleetStore {
  return new FileStore(path);
}

/** As `fileStore`; a file that does not exist yet begins with what `initial` makes. */
export async function openFileStore(path: string, initial: () => FleetState): Promise<FleetStore> {
  const store = new FileStore(path);
  await store.initialize(initial);
  return store;
}

class FileStore implements FleetStore {
  private readonly lock: FileLock;

  constructor(private readonly path: string) {
    this.lock = new FileLock(`${path}.lock`, LOCK_WAIT_MS, 'simulated fleet');
  }

  async initialize(initial: () => FleetState): Promise<void> {
    await this.lock.run(async () => {
      if (!existsSync(this.path)) this.write(initial());
    });
  }

  async update<T>(change: (fleet: FleetState) => T): Promise<T> {
    return this.lock.run(async () => {
      const fleet = JSON.parse(readFileSync(this.path, 'utf8')) as FleetState;
      const before = fleet.revision;
      const result = change(fleet);
      if (fleet.revision !== before) this.write(fleet);
      return result;
    });
  }

  onChange(listener: () => void): () => void {
    let seen = this.stamp();
    const timer = setInterval(() => {
      const stamp = this.stamp();
      if (stamp === seen) return;
      seen = stamp;
      listener();
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }

  /** Every write makes a new file, so its inode tells them apart even within one tick of the clock. */
  private stamp(): string {
    const { ino, mtimeMs } = statSync(this.path);
    return `${ino}:${mtimeMs}`;
  }

  private write(fleet: FleetState): void {
    const next = `${this.path}.next`;
    // The state holds guests' passwords.
    writeFileSync(next, JSON.stringify(fleet), { mode: 0o600 });
    renameSync(next, this.path);
  }
}
