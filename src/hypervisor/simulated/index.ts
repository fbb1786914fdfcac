/** A fleet of simulated hosts behind the hypervisor port: for tests, for scale, and for a first look without root. */
export { createSimulatedHypervisor } from './adapter';
export type { SimulatedHypervisorOptions } from './adapter';
export { ManualClock, RealClock } from './clock';
export type { FleetClock } from './clock';
export { FleetControl } from './control';
export type { HostSpec, StartedGuest, StartGuest } from './control';
export { FAULT_PHASES } from './fault';
export type { CallName, Fault, FaultPhase } from './fault';
export { drawFaults, seededRandom, type FaultDraw } from './fault-seed';
export { fileStore, openFileStore } from './file-store';
export {
  SAMPLE_GPU,
  SAMPLE_GUEST,
  SAMPLE_TYPE,
  SAMPLE_VERSIONS,
  SAMPLE_VNC_PASSWORD,
  sampleFleet,
  sampleGpu,
} from './sample-fleet';
export { DEFAULT_TIMING, emptyFleet } from './state';
export type { DoubleRun, FleetState, GuestLoad, ParentState, Timing } from './state';
export { MemoryStore } from './store';
export type { FleetStore } from './store';
