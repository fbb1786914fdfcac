/** The durable ledger of the devices claimed on this host. */
export type { Disk, Written } from './disk';
export { tellingDiskFaults } from './disk-fault';
export { ClaimConflictError, LedgerBusyError, LedgerDiskError } from './errors';
export {
  openLedger,
  type Choose,
  type ClaimAnswer,
  type ClaimOwner,
  type Ledger,
  type LedgerOptions,
  type MdevRequest,
  type OneDevice,
  type ReleaseAnswer,
  type UndoOutcome,
} from './ledger';
export type { ClaimRecord } from './record';
export type { LedgerState, QuarantinedDevice } from './store';
