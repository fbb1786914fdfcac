/** Operations on mediated devices, as the connection's thread runs them; all through libvirt, never through sysfs. */
import {
  VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE,
  VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV,
  VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES,
  VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE,
} from './constants';
import {
  checked,
  type Context,
  NO_SUCH_DEVICE,
  nodeDeviceOf,
  ownedList,
  ownNodeDevice,
  present,
  unless,
  written,
} from './context';
import type { Handle } from './library';

const MDEVS = VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV | VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE;
const ACTIVE_AND_INACTIVE_MDEVS = (MDEVS | VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE) >>> 0;

/** A mediated device as libvirt lists it. */
export interface MdevRecord {
  xml: string;
  active: boolean;
  persistent: boolean;
  autostart: boolean;
}

/** The XML of every device that offers mdev types. */
export function mdevParents(context: Context): string[] {
  const devices = nodeDevices(context, VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES);
  return listed(devices, (device) => xmlOf(context, device));
}

export function mdevNames(context: Context): string[] {
  return listed(nodeDevices(context, ACTIVE_AND_INACTIVE_MDEVS), (device) => nameOf(context, device));
}

export function mdevRecords(context: Context): MdevRecord[] {
  return listed(nodeDevices(context, ACTIVE_AND_INACTIVE_MDEVS), (device) => recordOf(context, device));
}

export function mdevRecord(context: Context, name: string): MdevRecord | undefined {
  return unless(NO_SUCH_DEVICE, () => recordOf(context, nodeDeviceOf(context, name)));
}

function nodeDevices(context: Context, flags: number): Handle[] {
  const { library, connection } = context;
  return ownedList(
    context,
    (out) => library.virConnectListAllNodeDevices(connection, out, flags),
    (device) => library.virNodeDeviceFree(device),
  );
}

/** A device may go while the list is read. */
function listed<T>(devices: Handle[], read: (device: Handle) => T): T[] {
  return devices.flatMap((device) => unless(NO_SUCH_DEVICE, () => [read(device)]) ?? []);
}

function nameOf(context: Context, device: Handle): string {
  return present(context, context.library.virNodeDeviceGetName(device));
}

function xmlOf(context: Context, device: Handle): string {
  return present(context, context.library.virNodeDeviceGetXMLDesc(device, 0));
}

function recordOf(context: Context, device: Handle): MdevRecord {
  const { library } = context;
  return {
    xml: xmlOf(context, device),
    active: isActive(context, device),
    persistent: isPersistent(context, device),
    autostart: written<number>(context, 0, (out) => library.virNodeDeviceGetAutostart(device, out)) === 1,
  };
}

function isActive(context: Context, device: Handle): boolean {
  return checked(context, context.library.virNodeDeviceIsActive(device)) === 1;
}

function isPersistent(context: Context, device: Handle): boolean {
  return checked(context, context.library.virNodeDeviceIsPersistent(device)) === 1;
}

/** Gone at the next boot of the host. Returns the name of its node device. */
export function createTransientMdev(context: Context, xml: string): string {
  const { library, connection } = context;
  const device = ownNodeDevice(context, present(context, library.virNodeDeviceCreateXML(connection, xml, 0)));
  return nameOf(context, device);
}

/** Returns the name of its node device. Defining is not checking: the start is what finds a wrong type or no free instance. */
export function defineMdev(context: Context, xml: string): string {
  const { library, connection } = context;
  const device = ownNodeDevice(context, present(context, library.virNodeDeviceDefineXML(connection, xml, 0)));
  return nameOf(context, device);
}

/** Starts a defined device now, and at every boot. */
export function startDefinedMdev(context: Context, name: string): void {
  const device = nodeDeviceOf(context, name);
  checked(context, context.library.virNodeDeviceSetAutostart(device, 1));
  checked(context, context.library.virNodeDeviceCreate(device, 0));
}

/** A device in use is refused by libvirt, and stays. */
export function stopMdev(context: Context, name: string): void {
  unless(NO_SUCH_DEVICE, () => {
    const device = nodeDeviceOf(context, name);
    if (isActive(context, device)) checked(context, context.library.virNodeDeviceDestroy(device));
  });
}

/** A transient device has gone with its stop. */
export function undefineMdev(context: Context, name: string): void {
  unless(NO_SUCH_DEVICE, () => {
    const device = nodeDeviceOf(context, name);
    if (isPersistent(context, device)) checked(context, context.library.virNodeDeviceUndefine(device, 0));
  });
}
