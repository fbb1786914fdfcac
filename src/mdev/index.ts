/** Pure: the host's inventory of mediated devices, and which of them serves which request. */
export { allocate, type Allocation, type MdevRequest, type Shortage } from './allocate';
export { type DeviceFacts, typeUse } from './type-use';
export { inUse, type ClaimedDevice, type HostMdevs, type LedgerView } from './inventory';
