/** A fingerprint of a guest's XML, to see whether the guest was changed between two steps of its migration. */
import { createHash } from 'node:crypto';
import { parseDomain, type XmlElement, type XmlNode } from './parse';

/** What changes in a running guest without anybody changing the guest. Everything else counts. */
const CHANGES_BY_ITSELF: readonly { path: string; attribute: string | null }[] = [
  // The balloon driver gives memory back and takes it.
  { path: 'domain/currentMemory', attribute: null },
  // The same with virtio-mem.
  { path: 'domain/devices/memory/target/current', attribute: null },
  // The guest's agent (re)connects.
  { path: 'domain/devices/channel/target', attribute: 'state' },
  // The guest opens its CD drive.
  { path: 'domain/devices/disk/target', attribute: 'tray' },
  // The guest sets its clock.
  { path: 'domain/clock', attribute: 'adjustment' },
];

/** SHA-256 in hexadecimal digits of an XML **made without secrets** (a digest of a short secret could be guessed). */
export function domainDigest(xml: string): string {
  return createHash('sha256')
    .update(JSON.stringify(listOf(parseDomain(xml), '')))
    .digest('hex');
}

function listOf(nodes: XmlNode[], parent: string): unknown[] {
  return nodes.map((node) =>
    node.kind === 'element' ? elementOf(node, parent + node.name) : [node.kind, node.text],
  );
}

function elementOf(element: XmlElement, path: string): unknown[] {
  const masked = CHANGES_BY_ITSELF.filter((entry) => entry.path === path).map((entry) => entry.attribute);
  if (masked.includes(null)) return [element.name];
  const attributes = [...element.attributes].filter(([name]) => !masked.includes(name));
  return [element.name, attributes, listOf(element.children, `${path}/`)];
}
