/** The durable ledger of the devices claimed on this host. */
export type { Disk, Written } from './disk';
export { tellingDiskFaults } from './disk-fault';
export { ClaimConflictError, LedgerBusyError, LedgerDiskError } from './errors';
export { openLedger, type Ledger, type LedgerOptions } from './ledger';
export type {
  Choose,
  ClaimAnswer,
  ClaimOwner,
  MdevRequest,
  OneDevice,
  ReleaseAnswer,
  UndoOutcome,
} from './operations';
export type { ClaimRecord } from './record';
export type { LedgerState, QuarantinedDevice } from './store';
