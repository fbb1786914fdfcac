/** Which mediated devices a domain's XML names: /domain/devices/hostdev[@mode='subsystem'][@type='mdev']/source/address/@uuid. */
import { DomainXmlError } from './error';
import { descend, parseDomain, rootOf, type XmlElement, type XmlNode } from './parse';

export interface MdevAddress {
  /** Lower case. */
  uuid: string;
  /** The element whose `uuid` attribute it is. */
  address: XmlElement;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** UUIDs of the guest's mediated devices, lower case, in the XML's order. Refuses what is not a domain XML. */
export function readMdevs(xml: string): string[] {
  return mdevAddresses(parseDomain(xml)).map((mdev) => mdev.uuid);
}

/** The same with the elements that hold them. A device named twice, or not at all, is refused. */
export function mdevAddresses(document: XmlNode[]): MdevAddress[] {
  const found = descend(rootOf(document), 'devices', 'hostdev').filter(isMdev).map(addressOf);
  refuseTwice(found.map((mdev) => mdev.uuid));
  return found;
}

/** A UUID in the one spelling that is compared here; anything else is refused. */
export function canonicalUuid(text: string, whose: string): string {
  const uuid = text.toLowerCase();
  // The text isn't quoted: it may be anything that stood in the XML.
  if (!UUID.test(uuid)) throw new DomainXmlError(`${whose} is not a UUID of 8-4-4-4-12 hexadecimal digits.`);
  return uuid;
}

/** As libvirt reads it: without a mode it is a subsystem's. */
function isMdev({ attributes }: XmlElement): boolean {
  const [mode = 'subsystem', type = ''] = [attributes.get('mode'), attributes.get('type')];
  // Entities are not replaced here, and this one could spell "mdev"; libvirt writes none in these.
  if (`${mode}${type}`.includes('&'))
    throw new DomainXmlError("The mode or type of a hostdev in the domain XML holds a '&'; it is refused.");
  return mode === 'subsystem' && type === 'mdev';
}

function addressOf(hostdev: XmlElement, index: number): MdevAddress {
  const device = `Mediated device number ${index + 1} of the domain XML`;
  const addresses = descend(hostdev, 'source', 'address');
  const [address] = addresses;
  if (!address || addresses.length > 1) {
    throw new DomainXmlError(`${device} has ${addresses.length} source addresses; required: one.`);
  }
  const uuid = address.attributes.get('uuid');
  if (uuid === undefined) throw new DomainXmlError(`${device} has no uuid in its source address.`);
  return { uuid: canonicalUuid(uuid, `The uuid of m${device.slice(1)}`), address };
}

function refuseTwice(uuids: string[]): void {
  const twice = uuids.find((uuid, index) => uuids.indexOf(uuid) !== index);
  if (twice)
    throw new DomainXmlError(
      `The domain XML names mediated device ${twice} more than once; required: each device once.`,
    );
}
