/** Domain XMLs for the tests: what libvirt prints, and every oddity that XML allows around a mediated device. */

export const A = '11111111-aaaa-4bbb-8ccc-000000000001';
export const B = '22222222-aaaa-4bbb-8ccc-000000000002';
export const X = '33333333-aaaa-4bbb-8ccc-000000000003';
export const Y = '44444444-aaaa-4bbb-8ccc-000000000004';

export function mdevXml(uuid: string, model = 'vfio-pci'): string {
  return `<hostdev mode='subsystem' type='mdev' managed='no' model='${model}' display='off'>
      <source>
        <address uuid='${uuid}'/>
      </source>
      <alias name='hostdev0'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x05' function='0x0'/>
    </hostdev>`;
}

export function domainXml(...devices: string[]): string {
  return `<domain type='kvm' id='7'>
  <name>vm1</name>
  <uuid>${A}</uuid>
  <memory unit='KiB'>1048576</memory>
  <currentMemory unit='KiB'>1048576</currentMemory>
  <clock offset='variable' adjustment='0' basis='utc'/>
  <devices>
    ${devices.join('\n    ')}
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>
    <disk type='file' device='cdrom'><target dev='sda' bus='sata' tray='open'/></disk>
    <memory model='virtio-mem'><target><size unit='KiB'>8</size><current unit='KiB'>4</current></target></memory>
  </devices>
</domain>
`;
}

/** Everything that must come out as it went in, with A as a device and A's UUID in every other place. */
export const ODDITIES = `<?xml version="1.0" encoding='UTF-8'?>
<!-- WARNING: <hostdev mode='subsystem' type='mdev'><source><address uuid='${A}'/></source></hostdev> -->
<domain type='kvm' id='7' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' title="a &gt; b > c">
  <name>vm &amp; co</name>\r
  <uuid>${A}</uuid>
  <description>line one&#10;line two&#x9;${A}</description>
  <metadata>
    <app:data xmlns:app="urn:app" note='he said "${A}"'>
      <app:hostdev/><devices><hostdev mode='subsystem' type='mdev'><source><address uuid='${A}'/></source></hostdev></devices>
      <![CDATA[ <address uuid='${A}'/> ]] > & < ]]>
    </app:data>
    <?tool ${A} ?>
  </metadata>
  <devices>
    <!-- before --><hostdev  mode = "subsystem"
        type = 'mdev'	managed='no' model='vfio-pci' ><source >
        <!-- ${A} --><address
           note='uuid=&quot;${B}&quot;' uuid = "${A.toUpperCase()}" other="uuid='${A}' >"   />
      </source><alias name='${A}'/><address type='pci' uuid='${A}' slot='0x05'/></hostdev>
    <hostdev mode='subsystem' type='mdev' model='vfio-ccw'><source><address uuid='${B}'></address></source></hostdev>
    <hostdev mode='subsystem' type='pci'><source><address domain='0x0000' uuid='${A}'/></source></hostdev>
    <hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/></source></hostdev>
    <hostdev mode='capabilities' type='mdev'><source><address uuid='${A}'/></source></hostdev>
    <hostdev><source><address uuid='${A}'/></source></hostdev>
    <graphics type='vnc' port='5900' passwd='p&apos;w<">"&#10;'/>
    <x:hostdev xmlns:x='urn:x' mode='subsystem' type='mdev'><source><address uuid='${A}'/></source></x:hostdev>
  </devices>
  <hostdev mode='subsystem' type='mdev'><source><address uuid='${A}'/></source></hostdev>
  <qemu:commandline><qemu:arg value='-device'/><qemu:arg value='vfio-pci,sysfsdev=/sys/bus/mdev/devices/${A}'/></qemu:commandline>
</domain>
<!-- after -->
`.replace(`<">"`, '>');
