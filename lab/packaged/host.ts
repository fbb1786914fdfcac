/** A lab host as an operator has it. Its libvirt listens to nobody but its own users and, over TLS, its peers: virsh runs inside. */
import { LabHost } from '../src/host';
import type { Ran } from '../src/shell';

const XML_FILE = '/run/lab.xml';
const VIRSH_LIMIT_MS = 120_000;

const quoted = (args: readonly string[]): string => args.map((arg) => `'${arg}'`).join(' ');

export class PackagedHost extends LabHost {
  override get peerUri(): string {
    return `qemu+tls://${this.name}/system`;
  }

  override virsh(...args: string[]): Promise<string> {
    return this.ssh(`virsh -q ${quoted(args)}`, VIRSH_LIMIT_MS);
  }

  override tryVirsh(...args: string[]): Promise<Ran> {
    return this.trySsh(`virsh -q ${quoted(args)}`, VIRSH_LIMIT_MS);
  }

  override async virshXml(command: string, xml: string): Promise<void> {
    await this.writeFile(XML_FILE, xml);
    await this.virsh(command, XML_FILE);
  }
}
