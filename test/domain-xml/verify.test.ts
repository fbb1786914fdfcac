/** The rewrite's own check, seen at work: the finder of devices is made to point at a wrong place. */
import type * as Finder from '../../src/domain-xml/mdevs';
import { mdevAddresses } from '../../src/domain-xml/mdevs';
import { rewriteMdevs } from '../../src/domain-xml/rewrite';
import { A, B, X, Y, domainXml, mdevXml } from './samples';

jest.mock('../../src/domain-xml/mdevs', () => {
  const actual = jest.requireActual<typeof Finder>('../../src/domain-xml/mdevs');
  return { ...actual, mdevAddresses: jest.fn(actual.mdevAddresses) };
});

const { mdevAddresses: find } = jest.requireActual<typeof Finder>('../../src/domain-xml/mdevs');
const other = `<hostdev type='pci'><source><address uuid='${A}'/></source></hostdev>`;
const xml = domainXml(mdevXml(A), other);

/** Rewrites A to B while the finder says, once, that A's address stands at each of `starts`. */
function rewriteAt(...starts: number[]): string {
  jest
    .mocked(mdevAddresses)
    .mockImplementationOnce((document) =>
      find(document).flatMap((mdev) =>
        starts.map((start) => ({ ...mdev, address: { ...mdev.address, start } })),
      ),
    );
  return rewriteMdevs(xml, new Map([[A, B]]));
}

test('at the right place it rewrites', () => {
  expect(rewriteAt(xml.indexOf('<address uuid'))).toBe(domainXml(mdevXml(B), other));
});
test('a UUID changed in another element is found by comparing the documents', () => {
  expect(() => rewriteAt(xml.lastIndexOf('<address uuid'))).toThrow(
    /differs from the original in more than the mdev UUIDs/,
  );
});
test('so is one changed in addition to the right one', () => {
  expect(() => rewriteAt(xml.indexOf('<address uuid'), xml.lastIndexOf('<address uuid'))).toThrow(
    /differs from the original/,
  );
});
test('so are two devices exchanged', () => {
  jest.mocked(mdevAddresses).mockImplementationOnce((document) => {
    const [first, second] = find(document);
    return [
      { ...first!, uuid: second!.uuid },
      { ...second!, uuid: first!.uuid },
    ];
  });
  expect(() =>
    rewriteMdevs(
      domainXml(mdevXml(A), mdevXml(B)),
      new Map([
        [A, X],
        [B, Y],
      ]),
    ),
  ).toThrow(/differs from the original/);
});
test('a place without such an element is refused before anything is written', () => {
  expect(() => rewriteAt(0)).toThrow('no <address> where its parser saw one');
});
test('an element without that attribute is refused before anything is written', () => {
  expect(() => rewriteAt(xml.indexOf("<address type='pci'"))).toThrow('<address> has no uuid');
});
