/** Where a fleet's state lives. A store runs one change at a time and tells when something has changed. */
import type { FleetState } from './state';

export interface FleetStore {
  /** Runs `change` on the state, alone; keeps what it did if it raised `revision`. */
  update<T>(change: (fleet: FleetState) => T): Promise<T>;
  /** Calls `listener` after every kept change, other processes' included; returns what ends that. */
  onChange(listener: () => void): () => void;
}

/** A fleet within one process. */
export class MemoryStore implements FleetStore {
  private readonly listeners = new Set<() => void>();

  constructor(private readonly fleet: FleetState) {}

  async update<T>(change: (fleet: FleetState) => T): Promise<T> {
    const before = this.fleet.revision;
    const result = change(this.fleet);
    if (this.fleet.revision !== before) for (const listener of [...this.listeners]) listener();
    return result;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
