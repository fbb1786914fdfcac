/** Both hosts' lifecycle events, as one observer outside hears them: on one clock, by libvirt's own word. */
import { Connection } from '../../src/hypervisor/libvirt/connection';
import { type EventLoop, type LifecycleEvent, useEventLoop } from '../../src/hypervisor/libvirt/event-loop';
import { IdleThreads } from '../../src/hypervisor/libvirt/idle-threads';
import type { HostLetter } from '../../test/conformance/fleet';
import type { Lab } from './lab';

export interface Heard extends LifecycleEvent {
  host: HostLetter;
  /** Milliseconds of this process's monotonic clock. */
  at: number;
}

type Sought = Pick<Heard, 'host' | 'event'> & { detail?: number };

const LIMIT_MS = 90_000;

export class LifecycleObserver {
  /** Since the last `forget`. */
  heard: Heard[] = [];
  private readonly listeners = new Set<(heard: Heard) => void>();
  private readonly ends: (() => Promise<void> | void)[] = [];

  /** Hears from the moment that this settles. */
  static async open(lab: Lab): Promise<LifecycleObserver> {
    const observer = new LifecycleObserver();
    const loop = await useEventLoop();
    for (const letter of ['a', 'b'] as const) await observer.listenTo(letter, lab[letter].libvirtUri, loop);
    observer.ends.push(() => loop.release());
    return observer;
  }

  private async listenTo(host: HostLetter, uri: string, loop: EventLoop): Promise<void> {
    const { target, stop } = loop.listen((event) => this.hear({ ...event, host, at: performance.now() }));
    const threads = new IdleThreads();
    const connection = new Connection({
      uri,
      keepAliveSeconds: 0,
      silenceLimitMs: LIMIT_MS,
      openLimitMs: LIMIT_MS,
      threads,
    });
    await connection.call('watchLifecycle', null, target);
    this.ends.push(
      stop,
      () => connection.close(),
      () => threads.close(),
    );
  }

  private hear(heard: Heard): void {
    this.heard.push(heard);
    for (const listener of this.listeners) listener(heard);
  }

  forget(): void {
    this.heard = [];
  }

  /** The last of its kind that was heard. */
  last(sought: Sought): Heard | undefined {
    return this.heard.findLast((heard) => fits(heard, sought));
  }

  /** Settles with the first of its kind, heard already or still to come; rejects after a while. */
  async next(sought: Sought): Promise<Heard> {
    const before = this.heard.find((heard) => fits(heard, sought));
    if (before) return before;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => end(() => reject(this.inVain(sought))), LIMIT_MS);
      const listener = (heard: Heard): void => {
        if (fits(heard, sought)) end(() => resolve(heard));
      };
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.listeners.delete(listener);
        settle();
      };
      this.listeners.add(listener);
    });
  }

  async close(): Promise<void> {
    for (const end of this.ends) await end();
  }

  private inVain({ host, event, detail = NaN }: Sought): Error {
    const heard = this.heard.map((each) => `${each.host}:${each.event}/${each.detail}`).join(' ');
    return new Error(
      `waited ${LIMIT_MS} ms in vain for event ${event}/${detail} of host ${host}; heard: ${heard}`,
    );
  }
}

function fits(heard: Heard, { host, event, detail = heard.detail }: Sought): boolean {
  return heard.host === host && heard.event === event && heard.detail === detail;
}
