/** Which devices the host can give, and whether their drivers can migrate. Pure. */
import { isKernelSince } from '../checks';
import type { MdevTypeOffer } from '../hypervisor/port';
import { type Finding, fail, ok, warn } from './finding';

interface DriverRow {
  /** A type id begins with it: `nvidia-471`, `mtty-2`. */
  driver: string;
  verdict: 'ok' | 'warn';
  says: string;
  /** Linux, major and minor; before it the driver cannot migrate. */
  since?: readonly [number, number];
}

/**
 * What is known of the drivers that make mediated devices. In upstream Linux a driver that can migrate has
 * `vfio_migration_ops`; of the mdev drivers only mtty does (samples/vfio-mdev, since 6.7). NVIDIA's is not upstream.
 */
const DRIVERS: readonly DriverRow[] = [
  {
    driver: 'nvidia',
    verdict: 'ok',
    says: 'the vendor says for which cards its driver migrates (docs/nvidia.md); the same branch has to be on both hosts',
  },
  {
    driver: 'mtty',
    verdict: 'ok',
    says: 'can migrate since Linux 6.7; it is the kernel’s sample, not a GPU',
    since: [6, 7],
  },
  { driver: 'i915', verdict: 'warn', says: 'upstream’s driver cannot migrate (GVT-g)' },
  { driver: 'vfio_ap', verdict: 'warn', says: 'upstream’s driver cannot migrate' },
  { driver: 'vfio_ccw', verdict: 'warn', says: 'upstream’s driver cannot migrate' },
];

const ASK_THE_VENDOR =
  "Guests with these devices stay where they are. Ask the driver's vendor; a migration that is refused says so before anything moves.";

/** `kernel`: this host's, as `uname -r` has it. */
export function judgeDevices(offers: readonly MdevTypeOffer[], kernel: string): Finding[] {
  if (offers.length === 0)
    return [
      fail(
        'mediated devices',
        'no device of this host offers an mdev type',
        "Load the GPU's vGPU driver, and enable what it needs (SR-IOV, licence, firmware settings). 'mdevctl types' shows the same.",
      ),
    ];
  const parents = [...new Set(offers.map(({ parent }) => parent))].sort();
  return parents.map((parent) =>
    judgeParent(
      parent,
      offers.filter((offer) => offer.parent === parent),
      kernel,
    ),
  );
}

function judgeParent(parent: string, offers: readonly MdevTypeOffer[], kernel: string): Finding {
  const types = offers.map(({ type, availableInstances }) => `${type} (${availableInstances} can be made)`);
  const row = DRIVERS.find(({ driver }) => offers[0]!.type.startsWith(`${driver}-`));
  const found = `${types.join(', ')}; ${row?.says ?? 'whether the driver can migrate is not known'}`;
  const subject = `parent ${parent}`;
  const canMigrate =
    row?.verdict === 'ok' && (row.since === undefined || isKernelSince(kernel, ...row.since));
  return canMigrate ? ok(subject, found) : warn(subject, found, ASK_THE_VENDOR);
}
