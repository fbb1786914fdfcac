/** What an error type means for the guest, and what a person does about it. docs/troubleshooting.md is made of it. */
import { ErrorType } from '../contract';

export interface Advice {
  /** Where the guest is, and what is left behind. */
  guest: string;
  /** What a person does. */
  next: string;
}

const UNTOUCHED = 'Nothing was touched.';
const ON_SOURCE = 'It runs on its source; everything was undone.';
const GOES_ON = 'The migration goes on by itself.';

export const ADVICE: Record<ErrorType, Advice> = {
  [ErrorType.InvalidInput]: {
    guest: 'Nothing was started.',
    next: 'Correct the fields that the message names.',
  },
  [ErrorType.GuestNotFound]: {
    guest: UNTOUCHED,
    next: 'See which guests the source has: `vgpu-ferry guests <source>`.',
  },
  [ErrorType.PreCheck]: {
    guest: UNTOUCHED,
    next: 'Each failed check names its fix. `vgpu-ferry migrate … --dry-run` makes all of them again and moves nothing.',
  },
  [ErrorType.AgentUnreachable]: {
    guest: ON_SOURCE,
    next: 'Start the agent on the host that the message names, and migrate again. `vgpu-ferry hosts` shows who answers.',
  },
  [ErrorType.HypervisorUnavailable]: {
    guest: ON_SOURCE,
    next: "Start libvirt on the host that the message names (or, if the message says so, let the agent's user use it), and migrate again. `vgpu-ferry doctor` there says what is wrong.",
  },
  [ErrorType.GuestChanged]: {
    guest: ON_SOURCE,
    next: "Somebody else changed the guest's devices, or a claimed one, meanwhile. See who does, and migrate again.",
  },
  [ErrorType.XmlRewrite]: {
    guest: ON_SOURCE,
    next: "The message names the place in the guest's XML that can't be carried over. Change it with `virsh edit`, and migrate again.",
  },
  [ErrorType.MigrationFailed]: {
    guest: ON_SOURCE,
    next: "The message is libvirt's. Its own log and QEMU's, on both hosts, have more (`/var/log/libvirt/qemu/<guest>.log`). Mend the cause, and migrate again.",
  },
  [ErrorType.Tls]: {
    guest: ON_SOURCE,
    next: 'The message names the file, its host and the mend; `docs/tls.md` has a table of them. `vgpu-ferry doctor` on both hosts looks at all of it. Nothing has to be restarted for a new certificate of QEMU: migrate again.',
  },
  [ErrorType.Aborted]: { guest: ON_SOURCE, next: 'Nothing: somebody has asked for it.' },
  [ErrorType.TimedOut]: {
    guest: ON_SOURCE,
    next: 'The guest writes faster than the link takes it. Migrate when it is calmer, or allow a longer stop (`--max-downtime`), or let it be forced at the end (`--on-timeout force-complete`). With a bandwidth limit, the message may say that it left no room for the vGPUs: try more bandwidth first. See `docs/policies.md`.',
  },
  [ErrorType.CommandRefused]: {
    guest: 'As before: the command changed nothing.',
    next: 'The message says why. `vgpu-ferry watch <guest>` shows how far the migration is.',
  },
  [ErrorType.GuestEnded]: {
    guest:
      'It runs on neither host: its user shut it down, or it crashed, during the move. The claims are given back.',
    next: 'Find its definition with `virsh list --all` on both hosts, and start it there.',
  },
  [ErrorType.OutcomeUnknown]: {
    guest: GOES_ON,
    next: 'Nothing: both hosts are looked at, and the table of `docs/concepts.md` decides.',
  },
  [ErrorType.StateChanged]: {
    guest: GOES_ON,
    next: 'Nothing: a state had changed before it was acted on; it is looked at again.',
  },
  [ErrorType.Mdev]: {
    guest: ON_SOURCE,
    next: 'The message names the host and the device. `vgpu-ferry doctor` there, and its kernel log, say more; `vgpu-ferry claims <host>` shows what is set aside.',
  },
  [ErrorType.ClaimConflict]: {
    guest: ON_SOURCE,
    next: 'Another migration holds the device: `vgpu-ferry claims <host>` and `vgpu-ferry list` show which. Migrate again when it has ended.',
  },
  [ErrorType.LedgerUnwritable]: {
    guest: ON_SOURCE,
    next: 'The message names the host, the folder and the mend; `vgpu-ferry doctor` there says how it stands. A migration that has moved waits, and goes on by itself; one that had not ends as soon as its undo can be written: migrate again then.',
  },
  [ErrorType.GuestBusy]: {
    guest: UNTOUCHED,
    next: 'Another migration of this guest is under way, perhaps not one of ours: `virsh domjobinfo <guest>` on the source. Wait for its end.',
  },
  [ErrorType.UndoFailed]: {
    guest: 'It runs on its source; something is left behind.',
    next: 'The message says what, and where. Mend it, then sweep that host: `vgpu-ferry reconcile <host>`.',
  },
  [ErrorType.FinalizeFailed]: {
    guest: 'It has left its source, and the destination, or the source, is not as it should be then.',
    next: 'Look at both hosts with `vgpu-ferry guests` and `virsh list --all` before you end a copy. When only one is left: `vgpu-ferry reconcile <host>` on both.',
  },
  [ErrorType.PayloadUnreadable]: {
    guest: ON_SOURCE,
    next: 'The message names the machine and the key. Give that machine the same keys as the others (`vgpu-ferry codec keys` shows which it has), restart its agent, and migrate again. See `docs/temporal-security.md`.',
  },
};

/** Undefined for a type that is none of ours. */
export function adviceFor(type: string): Advice | undefined {
  return (ADVICE as Partial<Record<string, Advice>>)[type];
}
