/**
 * The XML that the guest's target needs: the same text with other mdev UUIDs. The UUIDs' characters are replaced in the
 * original text, so the rest is the same by construction; then both texts are parsed and compared, so it is also checked.
 */
import { DomainXmlError } from './error';
import { canonicalUuid, mdevAddresses, type MdevAddress } from './mdevs';
import { parseDomain, type XmlElement, type XmlNode } from './parse';

/** Source mdev UUID → target mdev UUID. */
export type MdevMapping = ReadonlyMap<string, string>;

interface Span {
  start: number;
  end: number;
}

/** Every mdev of the XML must be mapped, every mapping used, every target distinct; else it refuses. */
export function rewriteMdevs(xml: string, mapping: MdevMapping): string {
  const targets = canonical(mapping);
  const before = parseDomain(xml);
  const mdevs = mdevAddresses(before);
  refuseOtherDevices(
    mdevs.map((mdev) => mdev.uuid),
    targets,
  );
  const rewritten = splice(xml, mdevs, targets);
  verify(before, parseDomain(rewritten), targets);
  return rewritten;
}

function canonical(mapping: MdevMapping): Map<string, string> {
  const targets = new Map(
    [...mapping].map(([source, target]) => [
      canonicalUuid(source, 'A source mdev of the mapping'),
      canonicalUuid(target, 'A target mdev of the mapping'),
    ]),
  );
  if (targets.size !== mapping.size)
    throw new DomainXmlError('The mapping names one source mdev in two spellings; required: each once.');
  const distinct = new Set(targets.values()).size;
  if (distinct !== targets.size) {
    throw new DomainXmlError(
      `The mapping gives ${targets.size} mdevs only ${distinct} different targets; required: one device each.`,
    );
  }
  return targets;
}

function refuseOtherDevices(found: string[], targets: Map<string, string>): void {
  const unmapped = found.filter((uuid) => !targets.has(uuid));
  const unused = [...targets.keys()].filter((uuid) => !found.includes(uuid));
  if (unmapped.length + unused.length === 0) return;
  throw new DomainXmlError(
    `The domain XML's mdevs are not those of the mapping: in the XML only: ${unmapped.join(', ') || 'none'}; ` +
      `in the mapping only: ${unused.join(', ') || 'none'}. Required: the same devices; inspect the guest again.`,
  );
}

/** All replacements refer to the original text, so that swaps (a→b, b→a) cannot meet each other's results. */
function splice(xml: string, mdevs: MdevAddress[], targets: Map<string, string>): string {
  let result = '';
  let copied = 0;
  for (const { uuid, address } of mdevs) {
    const span = attributeValue(xml, address, 'uuid');
    result += xml.slice(copied, span.start) + targets.get(uuid);
    copied = span.end;
  }
  return result + xml.slice(copied);
}

/** Where the attribute's value stands, without its quotes. */
function attributeValue(xml: string, element: XmlElement, name: string): Span {
  const opening = `<${element.name}`;
  if (!xml.startsWith(opening, element.start)) {
    throw new DomainXmlError(
      `The domain XML has no <${element.name}> where its parser saw one; nothing was rewritten.`,
    );
  }
  const attribute = /\s+([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;
  attribute.lastIndex = element.start + opening.length;
  for (let match = attribute.exec(xml); match; match = attribute.exec(xml)) {
    // The match ends with the closing quote.
    const end = attribute.lastIndex - 1;
    if (match[1] === name) return { start: end - (match[2] ?? match[3] ?? '').length, end };
  }
  throw new DomainXmlError(
    `The domain XML's <${element.name}> has no ${name} where its parser saw one; nothing was rewritten.`,
  );
}

/** The new document must be the old one with the mapped UUIDs in the old places, and nothing else. */
function verify(before: XmlNode[], after: XmlNode[], targets: Map<string, string>): void {
  const expected = mdevAddresses(before).map(({ uuid }) => targets.get(uuid));
  const found = mdevAddresses(after).map(({ uuid }) => uuid);
  const addresses = new Set<XmlNode>(mdevAddresses(before).map(({ address }) => address));
  if (expected.join() === found.join() && sameNodes(before, after, addresses)) return;
  throw new DomainXmlError(
    'The rewritten domain XML differs from the original in more than the mdev UUIDs; it was thrown away.',
  );
}

/** All the rest, places included: all UUIDs are of one length. */
function sameNodes(before: XmlNode[], after: XmlNode[], addresses: ReadonlySet<XmlNode>): boolean {
  return before.length === after.length && before.every((node, i) => sameNode(node, after[i]!, addresses));
}

function sameNode(before: XmlNode, after: XmlNode, addresses: ReadonlySet<XmlNode>): boolean {
  if (before.kind !== 'element' || after.kind !== 'element')
    return before.kind === after.kind && textOf(before) === textOf(after);
  return (
    before.start === after.start &&
    (before.tag === after.tag || (addresses.has(before) && sameButUuid(before, after))) &&
    sameNodes(before.children, after.children, addresses)
  );
}

const textOf = (node: XmlNode): string | undefined => (node.kind === 'element' ? undefined : node.text);

/** The attributes' order counts, too. */
function sameButUuid(before: XmlElement, after: XmlElement): boolean {
  const others = [...after.attributes];
  return (
    before.name === after.name &&
    before.attributes.size === others.length &&
    [...before.attributes].every(([name, value], i) => {
      const [otherName, otherValue] = others[i]!;
      return name === otherName && (value === otherValue || name === 'uuid');
    })
  );
}
