import { domainDigest } from '../../src/domain-xml';
import { A, B, domainXml, mdevXml } from './samples';

const xml = domainXml(mdevXml(A));
const changed = (from: string, to: string): string => {
  expect(xml).toContain(from);
  return domainDigest(xml.replace(from, to));
};

describe('the digest of a guest’s XML', () => {
  test('is a SHA-256 in hexadecimal digits', () => expect(domainDigest(xml)).toMatch(/^[0-9a-f]{64}$/));
  test('is the same for the same XML', () =>
    expect(domainDigest(domainXml(mdevXml(A)))).toBe(domainDigest(xml)));

  test.each<[string, string, string]>([
    ['the balloon', "<currentMemory unit='KiB'>1048576", "<currentMemory unit='KiB'>524288"],
    ['virtio-mem', "<current unit='KiB'>4", "<current unit='KiB'>0"],
    ['the guest agent', "state='connected'", "state='disconnected'"],
    ['the CD drive, opened', " tray='open'", ''],
    ['the guest’s clock', "adjustment='0'", "adjustment='-3600'"],
  ])('ignores what changes by itself: %s', (_name, from, to) =>
    expect(changed(from, to)).toBe(domainDigest(xml)),
  );

  test.each<[string, string, string]>([
    ['a device', A.slice(-4) + "'/>", B.slice(-4) + "'/>"],
    ['the memory', "<memory unit='KiB'>1048576", "<memory unit='KiB'>2097152"],
    ['the id: the guest was started anew', "id='7'", "id='8'"],
    ['the clock’s base', "basis='utc'", "basis='localtime'"],
    ['the CD drive’s bus', "bus='sata'", "bus='ide'"],
    ['virtio-mem’s size', "<size unit='KiB'>8", "<size unit='KiB'>16"],
    ['an element', '<name>vm1</name>', '<name>vm1</name><title/>'],
    ['a space', 'vm1<', 'vm1 <'],
    ['a comment', '<name>', '<!-- --><name>'],
  ])('sees %s', (_name, from, to) => expect(changed(from, to)).not.toBe(domainDigest(xml)));
});
