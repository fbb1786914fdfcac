/** The fleet of the demo: two hosts with a GPU each, and one workstation with two vGPUs on the first. */
import { addHost, startGuest } from './control';
import type { FleetState, GuestLoad, ParentState, Timing } from './state';
import { emptyFleet } from './state';

export const SAMPLE_GPU = 'pci_0000_41_00_0';
export const SAMPLE_TYPE = 'nvidia-471';
export const SAMPLE_GUEST = { name: 'workstation-7', uuid: '7c0de9a4-5f0e-4d6b-9a51-2f5c8e1d7a07' };
export const SAMPLE_VNC_PASSWORD = 'h4rbour';

/** A desktop in use: converges within libvirt's default maximum downtime. */
const DESKTOP: GuestLoad = { dirtyBytesPerSec: 96 * 2 ** 20, workingSetBytes: 512 * 2 ** 20 };

/** A 24 GiB card: types by their framebuffer, one type at a time. */
export function sampleGpu(): ParentState {
  return {
    capacity: 24,
    oneTypeAtATime: true,
    types: {
      'nvidia-470': { name: 'NVIDIA A10-3Q', cost: 3 },
      'nvidia-471': { name: 'NVIDIA A10-6Q', cost: 6 },
      'nvidia-473': { name: 'NVIDIA A10-12Q', cost: 12 },
    },
  };
}

export const SAMPLE_VERSIONS = { libvirt: 11_003_000, qemu: 10_000_000, kernel: '6.12.0' };

/** At real speed its migration takes between three and four seconds. */
export function sampleFleet(now: number, timing: Partial<Timing> = {}): FleetState {
  const fleet = emptyFleet(now, timing);
  for (const name of ['host-a', 'host-b'])
    addHost(fleet, { name, versions: SAMPLE_VERSIONS, parents: { [SAMPLE_GPU]: sampleGpu() } });
  startGuest(fleet, {
    ...SAMPLE_GUEST,
    host: 'host-a',
    mdevs: 2,
    type: SAMPLE_TYPE,
    parent: SAMPLE_GPU,
    autostart: true,
    memoryMiB: 4096,
    vncPassword: SAMPLE_VNC_PASSWORD,
    load: DESKTOP,
  });
  return fleet;
}
