/** libvirt's errors, as numbers and texts that were seen on real hosts. */
import { HypervisorError, VirErr, VirFrom } from '../port';

/** An error as it is kept in the fleet's state. */
export interface LibvirtError {
  code: number;
  domain: number;
  text: string;
  /** See `HypervisorError`. */
  sourceStopped?: boolean;
}

/** What libvirt's RPC layer reports when a connection went: nothing is known of the call then. */
const LOST_CODES: readonly number[] = [VirErr.INTERNAL_ERROR, VirErr.SYSTEM_ERROR, VirErr.RPC];

export function toHypervisorError({ code, domain, text, sourceStopped }: LibvirtError): HypervisorError {
  const connectionLost = domain === VirFrom.RPC && LOST_CODES.includes(code);
  return new HypervisorError(text, code, domain, connectionLost, sourceStopped);
}

function error(code: number, domain: number, text: string): HypervisorError {
  return toHypervisorError({ code, domain, text });
}

const invalid = (text: string, domain: number = VirFrom.QEMU) =>
  error(VirErr.OPERATION_INVALID, domain, `Requested operation is not valid: ${text}`);
const nodeDevice = (text: string) => error(VirErr.INTERNAL_ERROR, VirFrom.NODEDEV, `internal error: ${text}`);

export const domainNotFound = (uuid: string) =>
  error(VirErr.NO_DOMAIN, VirFrom.QEMU, `Domain not found: no domain with matching uuid '${uuid}'`);
export const notRunning = () => invalid('domain is not running');
export const alreadyRunning = () => invalid('domain is already running');
export const noAutostartOfTransient = () => invalid('cannot set autostart for transient domain');
export const noJob = () => invalid('no job is active on the domain');
export const incomingCannotBeAborted = () =>
  invalid('cannot abort incoming migration; use virDomainDestroy instead');
export const migrationRuns = (name: string) =>
  invalid(`another migration job is already running for domain '${name}'`);
export const blocked = (reasons: readonly string[]) =>
  invalid(`cannot migrate domain: ${reasons.join('; ')}`);
export const jobLockTimeout = () =>
  error(
    VirErr.OPERATION_TIMEOUT,
    VirFrom.NONE,
    'Timed out during operation: cannot acquire state change lock (held by monitor=remoteDispatchDomainMigratePerform3Params)',
  );

export const sameHost = () =>
  error(VirErr.INTERNAL_ERROR, VirFrom.QEMU, 'internal error: Attempt to migrate guest to the same host');
export const alreadyActive = (name: string) => invalid(`domain '${name}' is already active`, VirFrom.DOMAIN);
export const nameTaken = (name: string, uuid: string) =>
  error(
    VirErr.OPERATION_FAILED,
    VirFrom.DOMAIN,
    `operation failed: domain '${name}' already exists with uuid ${uuid}`,
  );
export const unsupportedConfig = (text: string) =>
  error(VirErr.CONFIG_UNSUPPORTED, VirFrom.DOMAIN, `unsupported configuration: ${text}`);
export const mdevMissing = (uuid: string) =>
  error(VirErr.DEVICE_MISSING, VirFrom.NONE, `device not found: mediated device '${uuid}' not found`);
export const mdevBusy = (uuid: string, user: string) =>
  invalid(`mediated device ${uuid} is in use by driver QEMU, domain ${user}`, VirFrom.NONE);

const loadFailed = (why: string): LibvirtError => ({
  code: VirErr.OPERATION_FAILED,
  domain: VirFrom.QEMU,
  text: `operation failed: job 'migration in' failed: load of migration failed: ${why}`,
});
export const wrongTypeLoadFailed = loadFailed('Bad address');
export const staleMdevLoadFailed = loadFailed('Bad file descriptor');

const objectAdd = (why: string): LibvirtError => ({
  code: VirErr.INTERNAL_ERROR,
  domain: VirFrom.QEMU,
  text: `internal error: unable to execute QEMU command 'object-add': ${why}`,
});
export const certificateMissing = objectAdd(
  'Unable to access credentials /etc/pki/qemu/ca-cert.pem: No such file or directory',
);
export const certificateExpired = (end: 'client' | 'server') =>
  objectAdd(`The ${end} certificate /etc/pki/qemu/${end}-cert.pem has expired`);

/** Of a target that was reached by another name, both ends tell. */
export const nameMismatch = (name: string): LibvirtError => ({
  code: VirErr.OPERATION_FAILED,
  domain: VirFrom.QEMU,
  text: `operation failed: migration failed. Message from the source host: operation failed: job 'migration out' failed: Certificate does not match the hostname ${name}. Message from the destination host: operation failed: job 'migration in' failed: load of migration failed: Invalid argument`,
});
export const issuerUnknown: LibvirtError = {
  code: VirErr.OPERATION_FAILED,
  domain: VirFrom.QEMU,
  text: "operation failed: job 'migration out' failed: The certificate hasn't got a known issuer",
};

export const jobAborted: LibvirtError = {
  code: VirErr.OPERATION_ABORTED,
  domain: VirFrom.QEMU,
  text: "operation aborted: job 'migration out' canceled by client",
};
export const targetQemuGone: LibvirtError = {
  code: VirErr.OPERATION_FAILED,
  domain: VirFrom.QEMU,
  text: 'operation failed: Channel error: Input/output error: QEMU unexpectedly closed the monitor',
};
export const sourceQemuGone: LibvirtError = {
  code: VirErr.OPERATION_FAILED,
  domain: VirFrom.QEMU,
  text: 'operation failed: domain is not running',
};
/** What the source's daemon reports when its connection to the target is gone: the target may be dead, or fine. */
export const peerConnectionGone: LibvirtError = {
  code: VirErr.INTERNAL_ERROR,
  domain: VirFrom.RPC,
  text: 'internal error: client socket is closed',
};
/** What a client sees when the daemon that it talks to dies during its call. */
export const daemonDied: LibvirtError = {
  code: VirErr.SYSTEM_ERROR,
  domain: VirFrom.RPC,
  text: 'Cannot recv data: End of file while reading data: Input/output error',
};

export const connectRefused = (host: string) =>
  error(VirErr.SYSTEM_ERROR, VirFrom.RPC, `unable to connect to server at '${host}': Connection refused`);
export const noRoute = (host: string) =>
  error(VirErr.SYSTEM_ERROR, VirFrom.RPC, `unable to connect to server at '${host}': No route to host`);
export const noSuchHost = (host: string) =>
  error(
    VirErr.SYSTEM_ERROR,
    VirFrom.RPC,
    `unable to connect to server at '${host}': Name or service not known`,
  );
export const peerUnreachable = (uri: string, why: string) =>
  error(
    VirErr.OPERATION_FAILED,
    VirFrom.QEMU,
    `operation failed: Failed to connect to remote libvirt URI ${uri}: ${why}`,
  );

export const noParent = (parent: string) => nodeDevice(`unable to find parent device '${parent}'`);
export const unknownType = (parent: string, type: string) =>
  nodeDevice(`Unable to start mediated device: Error: Parent ${parent} does not support mdev type ${type}`);
export const noInstances = (parent: string, type: string) =>
  nodeDevice(`Unable to start mediated device: Error: No available instances of ${type} on ${parent}`);
export const mdevExists = () => nodeDevice('Unable to start mediated device: Error: Device already exists');
export const mdevInUse = (uuid: string, parent: string) =>
  nodeDevice(`Unable to destroy 'mdev_${uuid.replaceAll('-', '_')}_${parent}': device in use`);
