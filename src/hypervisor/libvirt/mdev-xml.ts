/** libvirt's node device XML, as far as mediated devices need it. Pure. */
import { XMLBuilder, XMLParser } from 'fast-xml-parser';

import type { CreateMdev, MdevTypeOffer } from '../port';

/** A `<capability>`; devices that are more than parents of mdevs nest them (pci > mdev_types). */
interface Capability {
  '@type'?: string;
  capability?: Capability[];
  type?: { '@id': string; name?: string; availableInstances?: string }[];
  uuid?: string;
}

interface Device {
  name: string;
  parent?: string;
  capability?: Capability[];
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  // Names and UUIDs are text, even if they look like numbers.
  parseTagValue: false,
  isArray: (name, path) => name === 'capability' || (name === 'type' && path !== 'device.type'),
});

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' });

export interface MdevIdentity {
  uuid: string;
  type: string;
  parent: string;
}

/** The types that a parent device offers; none for a device that is not one. */
export function mdevTypesIn(deviceXml: string): MdevTypeOffer[] {
  const device = deviceIn(deviceXml);
  const types = new Map<string, MdevTypeOffer>();
  for (const capability of withNested(device.capability)) {
    if (capability['@type'] !== 'mdev_types') continue;
    for (const type of capability.type ?? []) {
      types.set(type['@id'], {
        parent: device.name,
        type: type['@id'],
        name: type.name ?? null,
        availableInstances: Number(type.availableInstances ?? 0),
      });
    }
  }
  return [...types.values()];
}

/** Which mediated device this is; undefined if libvirt does not say all of it. */
export function mdevIn(deviceXml: string): MdevIdentity | undefined {
  const { capability, parent } = deviceIn(deviceXml);
  const mdev = capability?.find((one) => one['@type'] === 'mdev');
  const type = mdev?.type?.[0]?.['@id'];
  if (mdev?.uuid === undefined || type === undefined || parent === undefined) return undefined;
  return { uuid: mdev.uuid.toLowerCase(), type, parent };
}

/** The device that libvirt shall create or define. */
export function mdevXml({ uuid, type, parent }: CreateMdev): string {
  return builder.build({
    device: { parent, capability: { '@type': 'mdev', type: { '@id': type }, uuid } },
  });
}

function deviceIn(xml: string): Device {
  return (parser.parse(xml) as { device: Device }).device;
}

function withNested(capabilities: Capability[] = []): Capability[] {
  return capabilities.flatMap((capability) => [capability, ...withNested(capability.capability)]);
}
