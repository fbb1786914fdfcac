/** Real texts that the fuzzer starts from. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** As libvirt 9.0.0 prints it (`virsh -c test:///default dumpxml --security-info`), with two vGPUs and a VNC password. */
export const LIBVIRT_SAMPLE = readFileSync(join(__dirname, 'samples', 'libvirt-9.0.0.xml'), 'utf8');
