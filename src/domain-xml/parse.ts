/**
 * Reads a domain's XML into a tree that keeps everything: order, whitespace, comments, CDATA, and entities as written.
 * The parser refuses what is not well formed, as libvirt's does; a forgiving one would read otherwise than libvirt.
 */
import { SaxesParser } from 'saxes';
import { DomainXmlError } from './error';

/** libvirt's own limit of a string on the wire, in bytes (REMOTE_STRING_MAX, remote_protocol.x). */
export const MAX_XML_BYTES = 4 * 1024 * 1024;

/** Elements within elements. libvirt's own documents stay below 15; metadata may be a little deeper. */
export const MAX_XML_DEPTH = 64;

export interface XmlElement {
  kind: 'element';
  name: string;
  /** As written, from its `<` to its `>`. */
  tag: string;
  /** In the order of the text, values as written (entities not replaced). */
  readonly attributes: ReadonlyMap<string, string>;
  children: XmlNode[];
  /** Where its `<` stands in the text. */
  start: number;
}

export type XmlNode = XmlElement | { kind: 'text' | 'comment' | 'cdata' | 'instruction'; text: string };

/** The document's nodes, its one root being `<domain>`. */
export function parseDomain(xml: string): XmlNode[] {
  refuseUnsafe(xml);
  const parser = new SaxesParser();
  const { nodes } = new TreeBuilder(xml, parser);
  parser.write(xml).close();
  const root = rootOf(nodes);
  refuseOtherRoot(root);
  refuseOtherNamespace(root);
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

/** Builds the tree of what the parser accepts. What it hands on is decoded, so each token's text is taken from the document itself. */
class TreeBuilder {
  readonly nodes: XmlNode[] = [];
  private readonly open: XmlNode[][] = [this.nodes];
  /** Up to here the document stands in the tree. */
  private end = 0;

  constructor(
    private readonly xml: string,
    private readonly parser: SaxesParser,
  ) {
    parser.on('error', () => refuseMalformed(parser));
    parser.on('opentag', (tag) => this.opened(tag.name));
    parser.on('closetag', (tag) => this.closed(tag.isSelfClosing));
    parser.on('comment', () => this.leaf('comment', '<!--', '-->', '>'.length)); // told before its last character
    parser.on('cdata', () => this.leaf('cdata', '<![CDATA[', ']]>'));
    parser.on('processinginstruction', () => this.leaf('instruction'));
    parser.on('xmldecl', () => this.leaf('instruction'));
  }

  private get level(): XmlNode[] {
    return this.open.at(-1)!;
  }

  private opened(name: string): void {
    if (this.open.length > MAX_XML_DEPTH + 1) {
      throw new DomainXmlError(
        `The domain XML cannot be read: it has more than ${MAX_XML_DEPTH} nested elements.`,
      );
    }
    const { start, text } = this.token();
    const element = new ParsedElement(name, text, start);
    this.level.push(element);
    this.open.push(element.children);
  }

  private closed(isSelfClosing: boolean): void {
    if (!isSelfClosing) this.token();
    this.open.pop();
  }

  private leaf(kind: 'comment' | 'cdata' | 'instruction', before = '', after = '', unread = 0): void {
    const { text } = this.token(unread);
    this.level.push({ kind, text: text.slice(before.length, text.length - after.length) });
  }

  /** The markup that the parser has just read, and before it the text: neither has a `<` where the other begins. */
  private token(unread = 0): { start: number; text: string } {
    const start = this.xml.indexOf('<', this.end);
    const end = this.parser.position + unread;
    if (start < 0 || this.xml[end - 1] !== '>')
      throw new DomainXmlError('The domain XML cannot be read: its parser stands where no markup ends.');
    // around the root there is but whitespace, which is no node
    if (start > this.end && this.open.length > 1)
      this.level.push({ kind: 'text', text: this.xml.slice(this.end, start) });
    this.end = end;
    return { start, text: this.xml.slice(start, end) };
  }
}

/** Most elements' attributes are never asked for: the tags of two documents are compared as they are written. */
class ParsedElement implements XmlElement {
  readonly kind = 'element';
  readonly children: XmlNode[] = [];
  private known: Map<string, string> | undefined;

  constructor(
    readonly name: string,
    readonly tag: string,
    readonly start: number,
  ) {}

  get attributes(): ReadonlyMap<string, string> {
    return (this.known ??= attributesOf(this.tag, this.name));
  }
}

/** Of a tag that the parser has found well formed. */
function attributesOf(tag: string, name: string): Map<string, string> {
  const attributes = new Map<string, string>();
  const attribute = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
  attribute.lastIndex = '<'.length + name.length;
  for (let match = attribute.exec(tag); match; match = attribute.exec(tag))
    attributes.set(match[1]!, match[2] ?? match[3] ?? '');
  return attributes;
}

/** The parser's own words quote the document: only its place is passed on. */
function refuseMalformed({ line, column }: SaxesParser): never {
  throw new DomainXmlError(`The domain XML is not well formed at line ${line}, column ${column}.`);
}

function refuseOtherRoot(root: XmlElement): void {
  if (root.name === 'domain') return;
  throw new DomainXmlError(`Not a domain XML: its root is ${nameToTell(root)}; required: one <domain>.`);
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
