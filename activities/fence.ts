/** The fence: the target is resumed once, when the source's copy can't run any more, and by nothing else. */
import type { GuestOnHost } from '../src/contract';
import type { PeerHypervisor } from '../src/hypervisor/port';
import type { HostDeps } from './deps';

export interface FencedTarget {
  guest: string;
  /** The open connection to the target. */
  peer: PeerHypervisor;
  /** False: libvirt's own switchover, or a guest whose user had paused it. Then nothing is resumed. */
  wanted: boolean;
  log: HostDeps['log'];
}

/**
 * Two things tell that the source's copy is done with: its QEMU has been told to end, or the migrate call has returned
 * success. The first comes earlier, but also to a copy that is destroyed before the target is complete: there it counts
 * only if the target is seen to be complete, and otherwise the call's return decides.
 */
export class Fence {
  private early: Promise<boolean> | undefined;
  /** The target may have been resumed, though no answer says so. */
  private resumeInDoubt = false;

  constructor(private readonly target: FencedTarget) {}

  /** The source's QEMU has been told to end. Never fails: the call's return is still to come. */
  readonly sourceEnding = (): void => {
    if (!this.target.wanted) return;
    const { guest, log } = this.target;
    this.early ??= this.resumeIfHeld().catch((error: unknown) => {
      log.warn({ guest, error: String(error) }, "resuming the target at its source's end failed");
      return false;
    });
  };

  /** The migrate call has returned success. Afterwards the target runs, if it is to. */
  async arrived(): Promise<void> {
    const { guest, peer, wanted } = this.target;
    if (!wanted || (await this.early)) return;
    // an answer that was lost is no reason to resume it twice
    if (this.resumeInDoubt && (await peer.observe(guest)).state === 'running') return;
    await peer.resume(guest);
  }

  /** Whether the target may run although the migrate call has failed. */
  async mayHaveResumed(): Promise<boolean> {
    return (await this.early) || this.resumeInDoubt;
  }

  private async resumeIfHeld(): Promise<boolean> {
    const { guest, peer, log } = this.target;
    this.resumeInDoubt = true;
    const resumed = await peer.resumeIfHeld(guest);
    this.resumeInDoubt = false;
    if (resumed) log.info({ guest }, 'the source can run no more: target resumed');
    return resumed;
  }
}

/** Paused with nothing left to do: by the fence, or by the guest's user. */
export function isHeld(seen: GuestOnHost): boolean {
  return seen.state === 'paused' && seen.reason === 'user' && seen.job === 'none';
}
