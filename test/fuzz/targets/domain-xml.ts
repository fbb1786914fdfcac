/** The reader and the rewriter of a domain's XML. */
import {
  DomainXmlError,
  domainDigest,
  mdevDifference,
  readMdevs,
  rewriteMdevs,
} from '../../../src/domain-xml';
import { A, B, ODDITIES, X, Y, domainXml, mdevXml } from '../../domain-xml/samples';
import { LIBVIRT_SAMPLE } from '../samples';
import { type Outcome, must, textTarget, typedOnly } from '../target';

/** Stands in the samples as a VNC password: no error may tell it. */
export const PASSWORD = 'secret42';

export const SAMPLES: Readonly<Record<string, string>> = {
  'libvirt-9.0.0': LIBVIRT_SAMPLE,
  oddities: ODDITIES,
  small: domainXml(mdevXml(A), mdevXml(B), `<graphics type='vnc' passwd='${PASSWORD}'/>`),
  'no device': domainXml(),
};

const BOMB = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>';

export const TOKENS: readonly string[] = [
  ...[A, B, X, Y, A.toUpperCase(), `uuid='${A}'`, `uuid="${X}"`, ' uuid=', "mode='subsystem'", "type='mdev'"],
  ...["type='&#109;dev'", 'mdev', 'subsystem', 'hostdev', 'devices', 'source', 'address', 'domain'],
  ...[
    '<hostdev ',
    "<hostdev mode='subsystem' type='mdev'>",
    '</hostdev>',
    '<source>',
    '</source>',
    '<domain>',
  ],
  ...[
    '</domain>',
    '<devices>',
    '</devices>',
    '<address ',
    `<address uuid='${A}'/>`,
    '/>',
    '<a>',
    '</a>',
    '<a/>',
  ],
  ...[
    BOMB,
    '<!DOCTYPE d SYSTEM "file:///etc/passwd">',
    '<!ENTITY x SYSTEM "http://evil/">',
    '<!',
    '<?',
    '?>',
  ],
  ...[
    '&b;',
    '&lt;',
    '&#0;',
    '&#x10ffff;',
    '&amp;',
    '&x;',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '<?xml version="1.0"?>',
  ],
  ...[
    '<?a "',
    'xmlns="urn:x"',
    'xmlns:x=',
    'x:',
    '<constructor>',
    '<__proto__ __proto__="1">',
    ' constructor="1"',
  ],
  ...[
    '<a:@>',
    ':@',
    '#text',
    ' #text="1"',
    '<a b="',
    "<a b='",
    ' a="1" a="2"',
    '\u00a0',
    '<\u0301>',
    mdevXml(X),
  ],
];

export const domainXmlReader = textTarget({
  name: 'domain-xml',
  about:
    "The reader of a domain's XML: what it refuses is a DomainXmlError that quotes nothing of the document; what it reads is distinct UUIDs, and a digest.",
  samples: SAMPLES,
  tokens: TOKENS,
  judge(xml) {
    try {
      const mdevs = readMdevs(xml);
      must(
        mdevs.every((uuid) => UUID.test(uuid)),
        'a device is no UUID',
      );
      must(new Set(mdevs).size === mdevs.length, 'a device is told twice');
      must(/^[0-9a-f]{64}$/.test(domainDigest(xml)), 'the digest is none');
      must(mdevDifference(xml, xml) === null, 'a document differs from itself');
      return `read, ${mdevs.length} mdevs`;
    } catch (error) {
      return refusal(error, xml);
    }
  },
});

export const domainXmlRewriter = textTarget({
  name: 'domain-xml-rewrite',
  about:
    'The rewriter: what comes out is what went in, but for the mdev UUIDs; each of those stands where a mapped one stood, and there is one for each device.',
  corpus: 'domain-xml',
  samples: SAMPLES,
  tokens: TOKENS,
  judge(xml) {
    let mdevs: string[];
    try {
      mdevs = readMdevs(xml);
    } catch (error) {
      return refusal(error, xml);
    }
    const mapping = new Map(mdevs.map((uuid, i) => [uuid, target(i)]));
    const rewritten = rewriteMdevs(xml, mapping);
    requireOnlyUuidsChanged(xml, rewritten, mapping);
    must(
      readMdevs(rewritten).join() === [...mapping.values()].join(),
      'other devices are read from the result',
    );
    return `rewritten, ${mdevs.length} mdevs`;
  },
});

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const UUID_LENGTH = 36;

/** No character in common with the samples' at any place, so that every replaced UUID shows. */
function target(index: number): string {
  return `ffffffff-ffff-4fff-9fff-${String(index).padStart(12, 'f')}`;
}

/** Seen from the text alone, without any reader of XML. */
function requireOnlyUuidsChanged(before: string, after: string, mapping: ReadonlyMap<string, string>): void {
  must(before.length === after.length, 'the length has changed');
  const replaced: string[] = [];
  for (let at = 0; at < before.length; at++) {
    if (before[at] === after[at]) continue;
    const start = startOfUuid(before, at, mapping);
    const old = before.slice(start, start + UUID_LENGTH);
    must(
      mapping.get(old.toLowerCase()) === after.slice(start, start + UUID_LENGTH),
      'something else has changed',
    );
    replaced.push(old.toLowerCase());
    at = start + UUID_LENGTH - 1;
  }
  must(
    replaced.join() === [...mapping.keys()].join(),
    `replaced ${replaced.length} of ${mapping.size} UUIDs`,
  );
}

/** Where a mapped UUID begins that the character belongs to. */
function startOfUuid(text: string, at: number, mapping: ReadonlyMap<string, string>): number {
  for (let start = at; start > at - UUID_LENGTH && start >= 0; start--)
    if (mapping.has(text.slice(start, start + UUID_LENGTH).toLowerCase())) return start;
  return at;
}

function refusal(error: unknown, xml: string): Outcome {
  const outcome = typedOnly(error, DomainXmlError);
  const { message } = error as Error;
  must(!message.includes(PASSWORD), 'the error tells a password');
  must(message.length < 1_000, `the error has ${message.length} characters`);
  const quoted = message.match(/<[^>]*>/g) ?? [];
  must(
    quoted.every((tag) => tag.length < 100),
    `the error quotes ${xml.length} characters`,
  );
  return outcome;
}
