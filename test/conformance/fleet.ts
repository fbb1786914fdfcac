/** What the conformance suite needs of two hosts, simulated or real. */
import type { Hypervisor, MigrateRequest } from '../../src/hypervisor/port';

export type HostLetter = 'a' | 'b';

export interface GuestWish {
  /** `a` unless given. */
  on?: HostLetter;
  /** How many devices of the fleet's `type`, created for it. */
  mdevs: number;
  persistent: boolean;
  /** Writes its memory too fast for a migration with `endless` settings to converge. */
  dirty?: boolean;
  /** Has what its QEMU refuses to migrate. */
  blocked?: boolean;
  /** To start the same guest a second time, on the other host. Name and size must then be the same too. */
  uuid?: string;
}

export interface StartedGuest {
  guest: string;
  /** In the order of the XML. */
  mdevs: string[];
}

export interface ConformanceFleet {
  readonly a: Hypervisor;
  readonly b: Hypervisor;
  uriOf(host: HostLetter): string;
  /** On both hosts, and offering both types. */
  readonly parent: string;
  readonly type: string;
  readonly otherType: string;
  /** What every started guest has as its VNC password. */
  readonly vncPassword: string;
  /** With these a dirtying guest's migration stays in pre-copy until somebody ends it. */
  readonly endless: Pick<MigrateRequest, 'maxDowntimeMs' | 'bandwidthMiBps'>;
  /** With this maximum downtime, and no limit of bandwidth, the same guest converges. */
  readonly enoughDowntimeMs: number;
  /** Running when it returns; a persistent one is started at boot. */
  startGuest(wish: GuestWish): Promise<StartedGuest>;
  /** The guest's user pauses it. */
  userPauses(guest: string): Promise<void>;
  /** The guest powers itself off. */
  userShutsDown(guest: string): Promise<void>;
  /** No guest, no device, no job on either host. */
  reset(): Promise<void>;
  close(): Promise<void>;
}
