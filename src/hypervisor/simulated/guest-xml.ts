/** The XML of a simulated guest: what libvirt prints for one with mediated devices, in small. */

export interface GuestSpec {
  uuid: string;
  name: string;
  memoryMiB: number;
  mdevs: string[];
  vncPassword?: string;
}

/** `live` has what libvirt adds when a domain runs: the id and the devices' aliases. */
export function guestXml(guest: GuestSpec, kind: 'live' | 'inactive'): string {
  const live = kind === 'live';
  return [
    live ? "<domain type='kvm' id='1'>" : "<domain type='kvm'>",
    `  <name>${guest.name}</name>`,
    `  <uuid>${guest.uuid}</uuid>`,
    `  <memory unit='KiB'>${guest.memoryMiB * 1024}</memory>`,
    `  <currentMemory unit='KiB'>${guest.memoryMiB * 1024}</currentMemory>`,
    "  <vcpu placement='static'>4</vcpu>",
    "  <os><type arch='x86_64' machine='pc-q35-10.0'>hvm</type></os>",
    '  <devices>',
    ...guest.mdevs.map((mdev, i) => hostdevXml(mdev, i, live)),
    graphicsXml(guest.vncPassword, live),
    '  </devices>',
    '</domain>',
    '',
  ].join('\n');
}

function hostdevXml(mdev: string, index: number, live: boolean): string {
  const bus = (6 + index).toString(16).padStart(2, '0');
  return [
    "    <hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci' display='off'>",
    `      <source><address uuid='${mdev}'/></source>`,
    ...(live ? [`      <alias name='hostdev${index}'/>`] : []),
    `      <address type='pci' domain='0x0000' bus='0x${bus}' slot='0x00' function='0x0'/>`,
    '    </hostdev>',
  ].join('\n');
}

function graphicsXml(password: string | undefined, live: boolean): string {
  const port = live ? "port='5900'" : "port='-1'";
  const secret = password === undefined ? '' : ` passwd='${password}'`;
  return `    <graphics type='vnc' ${port} autoport='yes' listen='127.0.0.1'${secret}><listen type='address' address='127.0.0.1'/></graphics>`;
}
