/** A disk that opens with a passphrase only, and the passphrase where libvirt keeps it: by a secret that the guest's XML names. */
import type { LabHost } from './host';

/** Its header takes 2. */
const DISK_MIB = 4;

export interface LuksDisk {
  file: string;
  /** UUID of libvirt's secret. */
  secret: string;
}

/** LUKS 1 is what QEMU reads. Few iterations: many take seconds under emulation. */
export async function makeLuksDisk(host: LabHost, { file }: LuksDisk, passphrase: string): Promise<void> {
  const format = 'cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000 --key-file -';
  await host.ssh(`truncate -s ${DISK_MIB}M ${file} && printf %s '${passphrase}' | ${format} ${file}`);
}

/** Each host keeps its own: it does not go with the guest. */
export async function keepPassphrase(host: LabHost, { secret }: LuksDisk, passphrase: string): Promise<void> {
  await host.virshXml(
    'secret-define',
    `<secret ephemeral='yes' private='yes'><uuid>${secret}</uuid><description>of a disk</description></secret>`,
  );
  const file = `/run/secret-${secret}`;
  await host.writeFile(file, passphrase);
  await host.ssh(`virsh -q secret-set-value ${secret} --file ${file} --plain && rm ${file}`);
}

/** Read only, as the lab's hosts have no storage in common: each has a disk of its own in that place. */
export function luksXml({ file, secret }: LuksDisk): string {
  return (
    `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${file}'>` +
    `<encryption format='luks'><secret type='passphrase' uuid='${secret}'/></encryption></source>` +
    `<target dev='vda' bus='virtio'/><readonly/></disk>`
  );
}
