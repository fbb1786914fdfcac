/** Fleet time. All processes that share a fleet must use clocks that agree: the real one at one speed, or a driven one. */

export interface FleetClock {
  /** Milliseconds; never goes back. */
  now(): number;
  /** Calls `then` once when the clock has reached `time`; returns what takes that back. */
  at(time: number, then: () => void): () => void;
}

/** Wall time, `speed` times as fast. */
export class RealClock implements FleetClock {
  constructor(private readonly speed = 1) {}

  now(): number {
    return Date.now() * this.speed;
  }

  at(time: number, then: () => void): () => void {
    const timer = setTimeout(then, Math.max(0, Math.ceil((time - this.now()) / this.speed)));
    return () => clearTimeout(timer);
  }
}

/** Stands still until a test moves it. */
export class ManualClock implements FleetClock {
  private time: number;
  private readonly waiting = new Set<{ time: number; then: () => void }>();

  constructor(start = 0) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  at(time: number, then: () => void): () => void {
    const alarm = { time, then };
    if (time <= this.time) queueMicrotask(then);
    else this.waiting.add(alarm);
    return () => this.waiting.delete(alarm);
  }

  /** Moves the clock; whoever waited for a time that has come is woken, earliest first. */
  advance(ms: number): void {
    this.time += ms;
    const due = [...this.waiting].filter(({ time }) => time <= this.time).sort((a, b) => a.time - b.time);
    for (const alarm of due) {
      this.waiting.delete(alarm);
      alarm.then();
    }
  }
}
