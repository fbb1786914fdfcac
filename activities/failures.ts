/** Errors of the host, as typed failures that a workflow can act on and a person can read. */
import { ApplicationFailure } from '@temporalio/activity';
import { type FailedCheck, ErrorType, brief } from '../src/contract';
import { type Ends, rightsFault, tlsFault } from '../src/checks';
import { HypervisorError, VirErr, VirFrom } from '../src/hypervisor/port';
import { ClaimConflictError, LedgerBusyError, LedgerDiskError } from '../src/claims';
import { DomainXmlError } from '../src/domain-xml';
import { thisUser } from '../src/this-user';

/** Runs a step; what the hypervisor says becomes a typed failure that names the host. */
export async function typed<T>(host: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw asFailure(host, error);
  }
}

function asFailure(host: string, error: unknown): unknown {
  if (error instanceof HypervisorError) return hypervisorFailure(host, error);
  if (error instanceof ClaimConflictError || error instanceof LedgerBusyError)
    return ApplicationFailure.create({ message: error.message, type: ErrorType.ClaimConflict });
  if (error instanceof LedgerDiskError)
    return ApplicationFailure.create({ message: error.message, type: ErrorType.LedgerUnwritable });
  if (error instanceof DomainXmlError)
    return ApplicationFailure.nonRetryable(`${host}: ${error.message}`, ErrorType.XmlRewrite);
  return error;
}

/** Retryable: a daemon that is away comes back, and a node device may need a moment. */
function hypervisorFailure(host: string, error: HypervisorError): ApplicationFailure {
  const type = error.connectionLost
    ? ErrorType.HypervisorUnavailable
    : error.domain === VirFrom.NODEDEV
      ? ErrorType.Mdev
      : ErrorType.HypervisorUnavailable;
  const fault = rightsFault(error.message, { host, user: thisUser });
  const mend = fault ? `${fault.what} ${fault.fix} libvirt's words: ` : `libvirt on ${host}: `;
  return ApplicationFailure.create({
    type,
    message: `${mend}${error.message} (code ${error.code}, domain ${error.domain})`,
    details: [details(host, error)],
  });
}

/** The migrate call's error. Only where libvirt is known to say so is the outcome taken from the error alone. */
export function migrateFailure(ends: Ends, error: HypervisorError): ApplicationFailure {
  const { host } = ends;
  return (
    tlsFailure(ends, error) ??
    ApplicationFailure.nonRetryable(migrateMessage(host, error), migrateErrorType(error), {
      ...details(host, error),
      ...(error.sourceStopped && { sourceStopped: true }),
    })
  );
}

/** Undefined if it is no fault of certificates: those show before anything is sent. */
export function tlsFailure(ends: Ends, error: HypervisorError): ApplicationFailure | undefined {
  const fault = tlsFault(error.message, ends);
  if (!fault) return undefined;
  const { host, peer } = ends;
  return ApplicationFailure.nonRetryable(
    `TLS from ${host} to ${peer} failed. ${fault.what} ${fault.fix} libvirt's words: ${error.message} (code ${error.code}, domain ${error.domain})`,
    ErrorType.Tls,
    details(host, error),
  );
}

function migrateErrorType(error: HypervisorError): ErrorType {
  if (error.code === VirErr.OPERATION_ABORTED) return ErrorType.Aborted;
  const unknown = error.connectionLost || error.domain === VirFrom.RPC;
  return unknown ? ErrorType.OutcomeUnknown : ErrorType.MigrationFailed;
}

function migrateMessage(host: string, error: HypervisorError): string {
  return `libvirt on ${host} ended the migration: ${error.message} (code ${error.code}, domain ${error.domain})`;
}

function details(host: string, error: HypervisorError): object {
  return { host, code: error.code, domain: error.domain };
}

export function preCheckFailure(failed: FailedCheck[]): ApplicationFailure {
  const lines = failed.map(
    ({ host, check, found, required, fix }) =>
      `${host}: ${check}: found ${found}; required ${required}. ${fix}`,
  );
  return ApplicationFailure.nonRetryable(
    brief(`${failed.length} check(s) failed, nothing was touched:\n${lines.join('\n')}`),
    ErrorType.PreCheck,
    failed,
  );
}

/** Something is not as the caller believes: look again. */
export function stateChanged(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, ErrorType.StateChanged);
}
