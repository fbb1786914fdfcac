/** The same texts read by libvirt itself, through the driver that it has for tests: a second opinion on which devices there are. */
import { koffi } from '../../../src/koffi';
import { DomainXmlError, readMdevs } from '../../../src/domain-xml';
import { LIBVIRT_SAMPLE } from '../samples';
import { type Outcome, type Target, must, textTarget, typedOnly } from '../target';
import { TOKENS } from './domain-xml';

/** libvirt-domain.h: VIR_DOMAIN_XML_INACTIVE. */
const INACTIVE = 2;

/** What libvirt writes is longer than what it reads, and has to be below our own limit. */
const LONGEST = 1024 * 1024;

type Handle = bigint;

interface Libvirt {
  open(uri: string): Handle;
  close(connection: Handle): number;
  define(connection: Handle, xml: string, flags: number): Handle | null;
  xmlOf(domain: Handle, flags: number): string | null;
  undefine(domain: Handle): number;
  free(domain: Handle): number;
}

/** Null where libvirt.so.0 is not installed. */
export function libvirtAgrees(): Target | null {
  const libvirt = load();
  if (libvirt === null) return null;
  const connection = libvirt.open('test:///default');
  return textTarget({
    name: 'domain-xml-libvirt',
    about: 'What libvirt reads as mediated devices is what is read here, or the document is refused.',
    corpus: 'domain-xml',
    samples: { 'libvirt-9.0.0': LIBVIRT_SAMPLE },
    tokens: TOKENS,
    judge: (xml) => compare(xml, asLibvirtWrites(libvirt, connection, xml)),
    close: async () => void libvirt.close(connection),
  });
}

/** `written`: the same by libvirt, which has read it; null: libvirt refuses it. */
function compare(xml: string, written: string | null): Outcome {
  if (written === null) return 'refused by libvirt';
  try {
    const [ours, theirs] = [readMdevs(xml), readMdevs(written)];
    must(ours.join() === theirs.join(), `libvirt reads [${theirs.join()}], read here [${ours.join()}]`);
    return `both read ${ours.length} mdevs`;
  } catch (error) {
    return `read by libvirt; here ${typedOnly(error, DomainXmlError)}`;
  }
}

function asLibvirtWrites(libvirt: Libvirt, connection: Handle, xml: string): string | null {
  if (xml.includes('\0') || xml.length > LONGEST) return null; // a C string ends at a NUL
  const domain = libvirt.define(connection, xml, 0);
  if (domain === null) return null;
  try {
    return libvirt.xmlOf(domain, INACTIVE) ?? '';
  } finally {
    libvirt.undefine(domain);
    libvirt.free(domain);
  }
}

function load(): Libvirt | null {
  try {
    const library = koffi.load('libvirt.so.0');
    const silent = library.func('void virSetErrorFunc(void *data, void *handler)');
    silent(null, koffi.load('libc.so.6').symbol('getpid')); // else it prints each refusal
    return {
      open: library.func('void *virConnectOpen(const char *name)'),
      close: library.func('int virConnectClose(void *conn)'),
      define: library.func('void *virDomainDefineXMLFlags(void *conn, const char *xml, unsigned int flags)'),
      xmlOf: library.func('const char *virDomainGetXMLDesc(void *domain, unsigned int flags)'),
      undefine: library.func('int virDomainUndefine(void *domain)'),
      free: library.func('int virDomainFree(void *domain)'),
    };
  } catch {
    return null;
  }
}
