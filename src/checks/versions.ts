/** Which versions can migrate a guest with mediated devices, as rows; asked of both hosts. */
import type { FailedCheck, HostVersions } from '../contract';

/** libvirt's and QEMU's way of counting: major * 1 000 000 + minor * 1 000 + release. */
const version = (major: number, minor: number, release: number): number =>
  major * 1_000_000 + minor * 1_000 + release;

interface VersionRow {
  check: string;
  found: (versions: HostVersions) => string;
  refuses: (versions: HostVersions) => boolean;
  required: string;
  fix: string;
}

const VERSION_ROWS: readonly VersionRow[] = [
  {
    // From here on libvirt asks QEMU what blocks a migration, instead of refusing any host device itself.
    check: 'libvirt-version',
    found: ({ libvirt }) => `libvirt ${formatVersion(libvirt)}`,
    refuses: ({ libvirt }) => libvirt < version(8, 6, 0),
    required: 'libvirt 8.6.0 or later',
    fix: 'Upgrade libvirt on this host.',
  },
  {
    // Its daemon crashes when it is restarted during an outgoing migration; 8.9.0 has the fix.
    check: 'libvirt-8.8',
    found: ({ libvirt }) =>
      `libvirt ${formatVersion(libvirt)}, whose daemon crashes if it is restarted during an outgoing migration`,
    refuses: ({ libvirt }) => libvirt >= version(8, 8, 0) && libvirt < version(8, 9, 0),
    required: 'a libvirt other than 8.8',
    fix: 'Upgrade libvirt on this host to 8.9.0 or later.',
  },
  {
    // VFIO migration left its experimental state.
    check: 'qemu-version',
    found: ({ qemu }) => `QEMU ${formatVersion(qemu)}`,
    refuses: ({ qemu }) => qemu < version(8, 1, 0),
    required: 'QEMU 8.1.0 or later',
    fix: 'Upgrade QEMU on this host; a guest that runs keeps its QEMU until it is started anew.',
  },
  {
    // The second version of the VFIO migration protocol. Some distributions carry it back to older numbers (RHEL's 5.14
    // does); that cannot be told from the outside, so the number decides.
    check: 'linux-version',
    found: ({ kernel }) => `Linux ${kernel}`,
    refuses: ({ kernel }) => !isKernelSince(kernel, 5, 18),
    required: 'Linux 5.18 or later, by its number',
    fix: 'Boot this host with a newer kernel.',
  },
];

/** Only for a guest with mediated devices: others have no such requirement. */
export function versionChecks(host: string, versions: HostVersions): FailedCheck[] {
  return VERSION_ROWS.filter((row) => row.refuses(versions)).map(({ check, found, required, fix }) => ({
    check,
    host,
    found: found(versions),
    required,
    fix,
  }));
}

/** 8006000 → 8.6.0. */
export function formatVersion(number: number): string {
  return [Math.floor(number / 1_000_000), Math.floor(number / 1_000) % 1_000, number % 1_000].join('.');
}

/** `uname -r` begins with the version and goes on as the distribution likes: 6.12.117+deb13-amd64, 5.14.0-503.el9.x86_64. */
export function isKernelSince(release: string, major: number, minor: number): boolean {
  const [, foundMajor, foundMinor] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  // No number at its beginning is no proof of anything.
  if (foundMajor === undefined || foundMinor === undefined) return false;
  return Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor);
}
