import fc from 'fast-check';
import { DomainXmlError, readMdevs, rewriteMdevs } from '../../src/domain-xml';
import { A, B, ODDITIES, X, Y, domainXml, mdevXml } from './samples';

const map = (...pairs: [string, string][]): Map<string, string> => new Map(pairs);

describe('the target’s XML', () => {
  test('has the new UUIDs and not another change', () => {
    expect(rewriteMdevs(domainXml(mdevXml(B), mdevXml(X)), map([B, Y], [X, A]))).toBe(
      domainXml(mdevXml(Y), mdevXml(A)),
    );
  });
  test('of a guest without mediated devices is the same', () => {
    expect(rewriteMdevs(domainXml(), map())).toBe(domainXml());
  });
  test('keeps everything that XML allows around them', () => {
    const expected = ODDITIES.replace(`uuid = "${A.toUpperCase()}"`, `uuid = "${X}"`).replace(
      `<address uuid='${B}'></address>`,
      `<address uuid='${Y}'></address>`,
    );
    expect(rewriteMdevs(ODDITIES, map([A, X], [B, Y]))).toBe(expected);
  });
  test('keeps a byte order mark', () => {
    expect(rewriteMdevs(`\uFEFF${domainXml(mdevXml(A))}`, map([A, B]))).toBe(
      `\uFEFF${domainXml(mdevXml(B))}`,
    );
  });
  test('swaps and chains', () => {
    expect(readMdevs(rewriteMdevs(domainXml(mdevXml(A), mdevXml(B)), map([A, B], [B, A])))).toEqual([B, A]);
    expect(
      readMdevs(rewriteMdevs(domainXml(mdevXml(A), mdevXml(B), mdevXml(X)), map([X, Y], [A, B], [B, X]))),
    ).toEqual([B, X, Y]);
  });
  test('a mapping in upper case is the same mapping', () => {
    expect(rewriteMdevs(domainXml(mdevXml(A)), map([A.toUpperCase(), B.toUpperCase()]))).toBe(
      domainXml(mdevXml(B)),
    );
  });
});

describe('refused', () => {
  test.each<[string, Map<string, string>, RegExp]>([
    [
      'a device that is not mapped',
      map([A, X]),
      new RegExp(`in the XML only: ${B}; in the mapping only: none`),
    ],
    [
      'a mapping that is not used',
      map([A, X], [B, Y], [X, A]),
      new RegExp(`in the XML only: none; in the mapping only: ${X}`),
    ],
    ['another device', map([A, X], [Y, B]), new RegExp(`in the XML only: ${B}; in the mapping only: ${Y}`)],
    ['one target for two', map([A, X], [B, X.toUpperCase()]), /2 mdevs only 1 different targets/],
    ['a source in two spellings', map([A, X], [A.toUpperCase(), Y], [B, B]), /two spellings/],
    ['a target that is no UUID', map([A, X], [B, "'/><x a='"]), /target mdev of the mapping is not a UUID/],
    ['a source that is no UUID', map([A, X], ['b', Y]), /source mdev of the mapping is not a UUID/],
  ])('%s', (_name, mapping, message) => {
    const xml = domainXml(mdevXml(A), mdevXml(B));
    expect(() => rewriteMdevs(xml, mapping)).toThrow(DomainXmlError);
    expect(() => rewriteMdevs(xml, mapping)).toThrow(message);
  });
});

describe('any domain XML', () => {
  const uuid = fc.uuid().map((text) => text.toLowerCase());
  const space = fc.constantFrom(' ', '\n', '\t', '\r\n', '  \n\t');
  const noise = (text: string): fc.Arbitrary<string> =>
    fc.constantFrom(
      '',
      '\n   ',
      `<!-- ${text} <hostdev mode='subsystem' type='mdev'> -->`,
      `<![CDATA[<address uuid='${text}'/>]]>`,
      `<?pi ${text}?>`,
      `&amp;&#10;&#x3e;${text}`,
      `<graphics passwd="${text}&apos;>" x='"'/>`,
      `<q:arg xmlns:q='urn:q' value='${text}'/>`,
      `<hostdev mode='subsystem' type='pci'><source><address uuid='${text}'/></source></hostdev>`,
    );
  /** A document in two parts a device: what stands before its UUID, what after. */
  const device = (text: string): fc.Arbitrary<{ before: string; after: string }> =>
    fc
      .record({
        quote: fc.constantFrom("'", '"'),
        outer: fc.constantFrom("'", '"'),
        gap: space,
        around: noise(text),
        inside: noise(text),
        typeFirst: fc.boolean(),
        attribute: fc.boolean(),
        closed: fc.boolean(),
      })
      .map(({ quote, outer, gap, around, inside, typeFirst, attribute, closed }) => {
        const pair = [`mode=${outer}subsystem${outer}`, `type=${outer}mdev${outer}`];
        if (typeFirst) pair.reverse();
        const extra = attribute ? ` note=${quote}uuid=${text} >${quote}` : '';
        return {
          before: `${around}<hostdev${gap}${pair.join(gap)}${gap}>${inside}<source${gap}>${around}<address${extra}${gap}uuid${gap}=${gap}${quote}`,
          after: `${quote}${gap}${closed ? '></address>' : '/>'}${inside}</source>${gap}</hostdev>`,
        };
      });
  const guest = fc.uniqueArray(uuid, { minLength: 2, maxLength: 10 }).chain((uuids) => {
    const half = Math.floor(uuids.length / 2);
    return fc.record({
      sources: fc.constant(uuids.slice(0, half)),
      targets: fc.shuffledSubarray(uuids, { minLength: half, maxLength: half }),
      devices: fc.tuple(...uuids.slice(0, half).map((text) => device(text))),
      upper: fc.boolean(),
      noise: noise(uuids[0] ?? ''),
    });
  });

  test('comes out with the mapped UUIDs and the same text around them', () => {
    fc.assert(
      fc.property(guest, ({ sources, targets, devices, upper, noise: around }) => {
        const document = (uuids: string[]): string =>
          `<domain>${around}<metadata>${around}</metadata><devices>` +
          devices.map(({ before, after }, index) => before + uuids[index] + after).join(around) +
          `</devices>${around}</domain>\n`;
        const written = upper ? sources.map((text) => text.toUpperCase()) : sources;
        const mapping = new Map(sources.map((source, index) => [source, targets[index] ?? '']));
        expect(rewriteMdevs(document(written), mapping)).toBe(document(targets));
        expect(readMdevs(document(written))).toEqual(sources);
      }),
      { numRuns: 500 },
    );
  });

  test('or any text is rewritten or refused by type, never worse', () => {
    const fragment = fc.constantFrom(
      '<domain>',
      '</domain>',
      '<devices>',
      '</devices>',
      mdevXml(A),
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      "'",
      '"',
      '<',
      '>',
      '&',
      '__proto__',
      A,
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), (fragments) => {
        try {
          rewriteMdevs(fragments.join(''), map([A, B]));
        } catch (error) {
          expect(error).toBeInstanceOf(DomainXmlError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
