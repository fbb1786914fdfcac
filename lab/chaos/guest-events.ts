/** What libvirt tells of the guest while it happens: `virsh event`, from outside, a millisecond after the fact. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { LabHost } from '../src/host';
import { waitUntil } from '../src/wait';

/** A target's QEMU starts in 10 s under emulation, and in many times that on a machine with other work. */
export const POINT_LIMIT_MS = 300_000;

export class GuestEvents {
  private readonly seen: { atMs: number; line: string }[] = [];

  private constructor(
    private readonly host: LabHost,
    private readonly child: ChildProcess,
  ) {
    createInterface({ input: child.stdout! }).on('line', (line) =>
      this.seen.push({ atMs: Date.now(), line }),
    );
  }

  static of(host: LabHost): GuestEvents {
    const args = ['-q', '-c', host.libvirtUri, 'event', '--event', 'lifecycle', '--loop', '--timestamp'];
    return new GuestEvents(host, spawn('virsh', args, { stdio: ['ignore', 'pipe', 'ignore'] }));
  }

  /** For example `Suspended Migrated`, on the source: the guest is stopped for its switchover. */
  async until(event: string, timeoutMs = POINT_LIMIT_MS): Promise<void> {
    await waitUntil(`"${event}" on ${this.host.name}`, () => this.has(event), {
      timeoutMs,
      everyMs: 5,
      onTimeout: () => this.seen.map(({ line }) => line).join('\n'),
    });
  }

  has(event: string): boolean {
    return this.last(event) !== undefined;
  }

  /** When it came last, by our clock. */
  last(event: string): number | undefined {
    return this.seen.findLast(({ line }) => line.endsWith(`: ${event}`))?.atMs;
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}
