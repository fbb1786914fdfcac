import { DomainXmlError, mdevDifference, readMdevs } from '../../src/domain-xml';
import { MAX_XML_BYTES, MAX_XML_DEPTH } from '../../src/domain-xml/parse';
import { A, B, ODDITIES, X, domainXml, mdevXml } from './samples';

const SECRET = 'hunter2';

function messageOf(xml: string): string {
  try {
    readMdevs(xml);
  } catch (error) {
    expect(error).toBeInstanceOf(DomainXmlError);
    expect((error as Error).message + String((error as Error).cause)).not.toContain(SECRET);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('the mediated devices of a guest', () => {
  test('none', () => expect(readMdevs(domainXml())).toEqual([]));
  test('come in the order of the XML', () =>
    expect(readMdevs(domainXml(mdevXml(B), mdevXml(A), mdevXml(X)))).toEqual([B, A, X]));
  test('of every model', () =>
    expect(readMdevs(domainXml(mdevXml(A, 'vfio-ccw'), mdevXml(B, 'vfio-ap')))).toEqual([A, B]));
  test('are told in lower case', () => expect(readMdevs(domainXml(mdevXml(A.toUpperCase())))).toEqual([A]));
  test('are those without a mode, too, as libvirt reads them', () =>
    expect(readMdevs(domainXml(mdevXml(A).replace("mode='subsystem' ", '')))).toEqual([A]));
  test('stand behind an instruction with a quote in it, too', () =>
    expect(readMdevs(domainXml(`<?x '?>${mdevXml(A)}<?y '?>`))).toEqual([A]));
  test('beside metadata of any namespace', () => {
    const metadata = "<metadata><note xmlns='urn:x'><hostdev xmlns='urn:y'/></note></metadata>";
    expect(readMdevs(domainXml(metadata, mdevXml(A)))).toEqual([A]);
  });
  test('are nothing else that looks like one', () => expect(readMdevs(ODDITIES)).toEqual([A, B]));
});

describe('refused', () => {
  test.each<[string, string, RegExp]>([
    [
      'a type that an entity spells',
      domainXml(mdevXml(A).replace("type='mdev'", "type='&#109;dev'")),
      /type of a hostdev in the domain XML holds a '&'/,
    ],
    [
      'a device of another namespace',
      domainXml(mdevXml(A).replace('<source', '<source xmlns="urn:x"')),
      /default namespace outside of its metadata/,
    ],
    ['no XML', SECRET, /not well formed at line 1, column 7/],
    ['nothing', '', /not well formed/],
    [
      'another root',
      `<network><name>${SECRET}</name></network>`,
      /root is <network>; required: one <domain>/,
    ],
    ['two roots', '<domain/><domain/>', /not well formed/],
    [
      'a tag that is not closed',
      `<domain><graphics passwd='${SECRET}'></domain>`,
      /not well formed at line 1, column 44/,
    ],
    ['an attribute twice', `<domain a='${SECRET}' a='${SECRET}'/>`, /not well formed/],
    ['an open quote', `<domain a='${SECRET}><x/></domain>`, /not well formed/],
    ['a DOCTYPE', `<!DOCTYPE domain [<!ENTITY a "${SECRET}">]><domain/>`, /DOCTYPE/],
    ['an instruction that is not closed', `<domain><?x '${SECRET}'></domain>`, /not well formed/],
    ['an entity that nobody has defined', `<domain>&${SECRET};</domain>`, /not well formed/],
    ['a control character', `<domain>${SECRET}\u0001</domain>`, /not well formed/],
    ['text after the root', `<domain/>${SECRET}`, /not well formed/],
    ['an element that is closed by another', `<domain><a></b></domain>`, /not well formed/],
    ['a comment within a comment', `<domain><!-- <!-- ${SECRET} --> --></domain>`, /cannot be read/],
    [
      'too deep',
      `<domain>${'<a>'.repeat(MAX_XML_DEPTH + 1)}${'</a>'.repeat(MAX_XML_DEPTH + 1)}</domain>`,
      /more than 64 nested/,
    ],
    ['too large', `<domain><!--${'ü'.repeat(MAX_XML_BYTES / 2)}--></domain>`, /at most 4194304/],
    ['a device twice', domainXml(mdevXml(A), mdevXml(A.toUpperCase())), new RegExp(`${A} more than once`)],
    [
      'a device without a source',
      domainXml(mdevXml(A), "<hostdev mode='subsystem' type='mdev'/>"),
      /number 2 .* has 0 source addresses/,
    ],
    [
      'a device with two addresses',
      domainXml(mdevXml(A).replace('<source>', `<source><address uuid='${B}'/>`)),
      /number 1 .* has 2 source addresses/,
    ],
    ['a device without a uuid', domainXml(mdevXml(A).replace('uuid=', 'id=')), /number 1 .* has no uuid/],
    ['a device with a strange uuid', domainXml(mdevXml(SECRET)), /number 1 .* is not a UUID/],
    ['a uuid written with entities', domainXml(mdevXml(A.replace('1', '&#49;'))), /is not a UUID/],
  ])('%s', (_name, xml, message) => expect(messageOf(xml)).toMatch(message));

  test('the deepest that is read', () => {
    expect(
      readMdevs(`<domain>${'<a>'.repeat(MAX_XML_DEPTH)}${'</a>'.repeat(MAX_XML_DEPTH)}</domain>`),
    ).toEqual([]);
  });
});

describe('live against persistent', () => {
  test.each<[string, string[], string[], ReturnType<typeof mdevDifference>]>([
    ['the same', [A, B], [A, B], null],
    ['the same in another order', [A, B], [B, A], null],
    ['one plugged in since', [A, B], [A], { liveOnly: [B], inactiveOnly: [] }],
    ['one only defined', [A], [A, B], { liveOnly: [], inactiveOnly: [B] }],
    ['another one', [A, B], [A, X], { liveOnly: [B], inactiveOnly: [X] }],
  ])('%s', (_name, live, inactive, difference) => {
    const xmlOf = (uuids: string[]): string => domainXml(...uuids.map((uuid) => mdevXml(uuid)));
    expect(mdevDifference(xmlOf(live), xmlOf(inactive))).toEqual(difference);
  });
});
