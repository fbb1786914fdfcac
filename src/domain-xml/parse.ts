/**
 * Reads a domain's XML into a tree that keeps everything: order, whitespace, comments, CDATA, and entities as written.
 * Stricter than fast-xml-parser alone, which forgives what libvirt would read otherwise.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { DomainXmlError } from './error';

/** libvirt's own limit of a string on the wire, in bytes (REMOTE_STRING_MAX, remote_protocol.x). */
export const MAX_XML_BYTES = 4 * 1024 * 1024;

/** Elements within elements. libvirt's own documents stay below 15; metadata may be a little deeper. */
export const MAX_XML_DEPTH = 64;

export interface XmlElement {
  kind: 'element';
  name: string;
  /** In the order of the text, values as written (entities not replaced). */
  attributes: ReadonlyMap<string, string>;
  children: XmlNode[];
  /** Where its `<` stands in the text. */
  start: number;
}

export type XmlNode = XmlElement | { kind: 'text' | 'comment' | 'cdata' | 'instruction'; text: string };

/** fast-xml-parser's `preserveOrder` form: one key names the node, `:@` holds its attributes, a symbol its position. */
interface RawNode {
  [key: string]: unknown;
  [position: symbol]: { startIndex: number; endIndex: number } | undefined;
}

/** That are told by their names. */
const MOST_ROOTS = 3;

const TEXT = '#text';
const COMMENT = '#comment';
const CDATA = '#cdata';
const ATTRIBUTES = ':@';

const parser = new XMLParser({
  preserveOrder: true,
  captureMetaData: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  // Nothing is expanded: no entity bomb, and `&#10;` compares as it was written.
  processEntities: false,
  commentPropName: COMMENT,
  cdataPropName: CDATA,
  maxNestedTags: MAX_XML_DEPTH,
});

// Typed as `Symbol` by the library; it is a plain symbol.
const POSITION = XMLParser.getMetaDataSymbol() as unknown as symbol;

/** The document's nodes, its one root being `<domain>`. */
export function parseDomain(xml: string): XmlNode[] {
  refuseUnsafe(xml);
  refuseMalformed(xml);
  const nodes = parseTolerantly(xml).map((raw) => toNode(xml, raw));
  refuseOtherRoot(nodes);
  refuseOtherNamespace(rootOf(nodes));
  return nodes;
}

/** The `<domain>` element of a parsed document. */
export function rootOf(nodes: XmlNode[]): XmlElement {
  const [root] = elementsOf(nodes);
  if (!root) throw new DomainXmlError('The domain XML has no root element; required: one <domain>.');
  return root;
}

export function elementsOf(nodes: XmlNode[]): XmlElement[] {
  return nodes.filter((node) => node.kind === 'element');
}

/** Elements that the path of names leads to, seen from `element`. */
export function descend(element: XmlElement, ...path: string[]): XmlElement[] {
  return path.reduce<XmlElement[]>(
    (level, name) =>
      level.flatMap((parent) => elementsOf(parent.children).filter((child) => child.name === name)),
    [element],
  );
}

function refuseUnsafe(xml: string): void {
  const bytes = Buffer.byteLength(xml);
  if (bytes > MAX_XML_BYTES) {
    throw new DomainXmlError(
      `The domain XML has ${bytes} bytes; at most ${MAX_XML_BYTES} are read, libvirt's own limit.`,
    );
  }
  // libvirt writes no DTD, and one could define entities. Looked for as text: to refuse a comment that names one is safe.
  if (/<!DOCTYPE/i.test(xml))
    throw new DomainXmlError('The domain XML holds a DOCTYPE; libvirt writes none, so it is refused.');
}

function refuseMalformed(xml: string): void {
  const verdict = XMLValidator.validate(xml);
  if (verdict === true) return;
  // The validator's own words quote the document: only its code and place are passed on.
  const { code, line, col } = verdict.err;
  throw new DomainXmlError(
    `The domain XML is not well formed: ${code} at line ${line}${col ? `, column ${col}` : ''}.`,
  );
}

function parseTolerantly(xml: string): RawNode[] {
  try {
    return parser.parse(xml) as RawNode[];
  } catch {
    // Not chained: the parser's error quotes the document.
    throw new DomainXmlError(
      `The domain XML cannot be read: malformed markup, a reserved name, or more than ${MAX_XML_DEPTH} nested elements.`,
    );
  }
}

function refuseOtherRoot(nodes: XmlNode[]): void {
  const roots = elementsOf(nodes);
  if (roots.length === 1 && roots[0]?.name === 'domain') return;
  const found = roots.length > MOST_ROOTS ? `${roots.length} elements` : roots.map(nameToTell).join(', ');
  throw new DomainXmlError(`Not a domain XML: its root is ${found || 'no element'}; required: one <domain>.`);
}

/** libvirt passes over elements of any namespace, and here names alone are compared. In metadata, applications may have theirs. */
function refuseOtherNamespace(element: XmlElement): void {
  if (element.attributes.has('xmlns'))
    throw new DomainXmlError(
      'The domain XML sets a default namespace outside of its metadata; libvirt writes none there, so it is refused.',
    );
  for (const child of elementsOf(element.children))
    if (child.name !== 'metadata') refuseOtherNamespace(child);
}

/** Of the documents that libvirt has: it may be anything otherwise. */
function nameToTell({ name }: XmlElement): string {
  return /^[a-z]{1,20}$/.test(name) ? `<${name}>` : 'another element';
}

function toNode(xml: string, raw: RawNode): XmlNode {
  const name = nameOf(raw);
  if (name === TEXT) return { kind: 'text', text: String(raw[TEXT]) };
  if (name === COMMENT) return { kind: 'comment', text: innerText(raw, name) };
  if (name === CDATA) return { kind: 'cdata', text: innerText(raw, name) };
  if (name.startsWith('?')) return { kind: 'instruction', text: instructionText(xml, raw) };
  return {
    kind: 'element',
    name,
    attributes: new Map(Object.entries((raw[ATTRIBUTES] ?? {}) as Record<string, string>)),
    children: (raw[name] as RawNode[]).map((child) => toNode(xml, child)),
    start: positionOf(raw).startIndex,
  };
}

function nameOf(raw: RawNode): string {
  const name = Object.keys(raw).find((key) => key !== ATTRIBUTES);
  if (name === undefined) throw new DomainXmlError('The domain XML cannot be read: a node without a name.');
  return name;
}

function innerText(raw: RawNode, name: string): string {
  return (raw[name] as RawNode[]).map((child) => String(child[TEXT])).join('');
}

/** As written. The parser honours quotes in an instruction, XML doesn't: an elsewhere hidden element must not go unseen. */
function instructionText(xml: string, raw: RawNode): string {
  const { startIndex, endIndex } = positionOf(raw);
  if (xml.indexOf('?>', startIndex) + '?>'.length !== endIndex) {
    throw new DomainXmlError(
      'The domain XML holds a processing instruction with a quote in it, which cannot be read reliably.',
    );
  }
  return xml.slice(startIndex, endIndex);
}

function positionOf(raw: RawNode): { startIndex: number; endIndex: number } {
  const position = raw[POSITION];
  if (!position)
    throw new DomainXmlError('The domain XML cannot be read: the parser gave no position for a node.');
  return position;
}
