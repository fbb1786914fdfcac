/** What takes long to open and may soon be wanted again: kept open for a while. */

/** Long enough for the steps of one migration, and for the next guest of a host that is being emptied. */
const KEEP_MS = 60_000;

export interface Closable {
  close(): Promise<void>;
}

export class Idle<T extends Closable> {
  readonly #kept = new Map<string, { one: T; closing: NodeJS.Timeout }>();

  constructor(private readonly closingFailed: (error: unknown) => void) {}

  /** Whoever takes it has it alone. */
  take(key: string): T | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    clearTimeout(kept.closing);
    return kept.one;
  }

  /** One of each key is enough: the one before is closed. */
  keep(key: string, one: T): void {
    this.#close(this.take(key));
    const closing = setTimeout(() => this.#close(this.take(key)), KEEP_MS);
    closing.unref();
    this.#kept.set(key, { one, closing });
  }

  async closeAll(): Promise<void> {
    const all = [...this.#kept.keys()].flatMap((key) => this.take(key) ?? []);
    await Promise.allSettled(all.map((one) => one.close()));
  }

  #close(one: T | undefined): void {
    one?.close().catch(this.closingFailed);
  }
}
