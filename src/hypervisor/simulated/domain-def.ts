/** A domain's XML as libvirt keeps it, with the facts that the simulated libvirt itself goes by. */
import { XMLParser } from 'fast-xml-parser';
import type { XmlKind } from '../port';

export interface DomainDef {
  /** With secrets. */
  xml: string;
  uuid: string;
  name: string;
  memoryBytes: number;
  hostdevs: { mdev: string | null; pciAddress: string }[];
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  textNodeName: 'text',
  isArray: (name) => name === 'hostdev',
});

/** The part of a parsed document that is read here. */
interface ParsedDomain {
  uuid?: string;
  name?: string;
  memory?: string | { text: string; unit?: string };
  devices?: { hostdev?: ParsedHostdev[] } | '';
}

interface ParsedHostdev {
  type?: string;
  source?: { address?: { uuid?: string } };
  address?: Record<string, string>;
}

const BYTES_PER_UNIT: Record<string, number> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

export function parseDef(xml: string): DomainDef {
  const { domain } = parser.parse(xml) as { domain?: ParsedDomain };
  if (!domain?.uuid || !domain.name || !domain.memory)
    throw new Error('not a domain XML: uuid, name or memory is missing');
  const hostdevs = (domain.devices && domain.devices.hostdev) || [];
  return {
    xml,
    uuid: domain.uuid,
    name: domain.name,
    memoryBytes: memoryBytes(domain.memory),
    hostdevs: hostdevs.map((hostdev) => ({
      mdev: hostdev.type === 'mdev' ? (hostdev.source?.address?.uuid ?? null) : null,
      pciAddress: pciAddress(hostdev.address),
    })),
  };
}

function memoryBytes(memory: string | { text: string; unit?: string }): number {
  const { text, unit = 'KiB' } = typeof memory === 'string' ? { text: memory } : memory;
  const factor = BYTES_PER_UNIT[unit];
  if (!factor) throw new Error(`the simulation does not know the memory unit '${unit}'`);
  return Number(text) * factor;
}

function pciAddress(address: Record<string, string> = {}): string {
  return ['domain', 'bus', 'slot', 'function'].map((part) => address[part] ?? '').join(':');
}

export function mdevsOf(def: DomainDef | null): string[] {
  return def ? def.hostdevs.flatMap(({ mdev }) => (mdev ? [mdev] : [])) : [];
}

/** libvirt prints passwords only when asked for a secure XML. */
export function withoutSecrets(xml: string): string {
  return xml.replace(/\s(?:passwd|passwdValidTo)=(?:'[^']*'|"[^"]*")/g, '');
}

export function isSecure(kind: XmlKind): boolean {
  return kind === 'migratable' || kind === 'migratable-inactive';
}

/** What must be the same in the target's XML; the first difference in words, as libvirt says it. */
export function abiDifference(source: DomainDef, target: DomainDef): string | undefined {
  if (target.uuid !== source.uuid)
    return `Target domain uuid ${target.uuid} does not match source ${source.uuid}`;
  if (target.name !== source.name)
    return `Target domain name '${target.name}' does not match source '${source.name}'`;
  if (target.memoryBytes !== source.memoryBytes) {
    return `Target domain max memory ${target.memoryBytes / 1024} does not match source ${source.memoryBytes / 1024}`;
  }
  if (target.hostdevs.length !== source.hostdevs.length) {
    return `Target domain host device count ${target.hostdevs.length} does not match source ${source.hostdevs.length}`;
  }
  const moved = target.hostdevs.find((hostdev, i) => hostdev.pciAddress !== source.hostdevs[i]?.pciAddress);
  return moved && `Target device PCI address ${moved.pciAddress} does not match source`;
}
