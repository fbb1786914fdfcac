/** Domain XMLs to measure with: what libvirt prints for a workstation, and the same with much metadata. */

export interface Document {
  xml: string;
  mapping: Map<string, string>;
}

const SOURCE = '11111111-aaaa-4bbb-8ccc-000000000000';
const TARGET = '22222222-aaaa-4bbb-8ccc-000000000000';

/** Of a UUID the last digits tell its number. */
export function numberedUuid(of: string, index: number): string {
  const digits = index.toString(16);
  return of.slice(0, of.length - digits.length) + digits;
}

/** `bytes`: padded with metadata, as tools leave it there, up to about so many. */
export function domainDocument({ mdevs = 1, bytes = 0 }: { mdevs?: number; bytes?: number } = {}): Document {
  const sources = Array.from({ length: mdevs }, (_, i) => numberedUuid(SOURCE, i));
  const bare = domainXml(sources, '');
  const xml = bytes > bare.length ? domainXml(sources, metadata(bytes - bare.length)) : bare;
  return { xml, mapping: new Map(sources.map((source, i) => [source, numberedUuid(TARGET, i)])) };
}

export function metadata(bytes: number): string {
  const entry = (i: number): string =>
    `    <app:entry xmlns:app='urn:app' key='k${String(i).padStart(6, '0')}'>what some tool has to remember of this guest</app:entry>\n`;
  const count = Math.ceil(bytes / entry(0).length);
  return `  <metadata>\n${Array.from({ length: count }, (_, i) => entry(i)).join('')}  </metadata>\n`;
}

function domainXml(mdevs: string[], extra: string): string {
  return `<domain type='kvm' id='7' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>workstation-7</name>
  <uuid>7c0de9a4-5f0e-4d6b-9a51-2f5c8e1d7a07</uuid>
${extra}  <memory unit='KiB'>16777216</memory>
  <currentMemory unit='KiB'>16777216</currentMemory>
  <vcpu placement='static'>8</vcpu>
  <resource>
    <partition>/machine</partition>
  </resource>
  <os>
    <type arch='x86_64' machine='pc-q35-10.0'>hvm</type>
    <loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>
    <nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'>/var/lib/libvirt/qemu/nvram/workstation-7_VARS.fd</nvram>
    <boot dev='hd'/>
  </os>
  <features>
    <acpi/>
    <apic/>
    <hyperv mode='custom'>
      <relaxed state='on'/>
      <vapic state='on'/>
      <spinlocks state='on' retries='8191'/>
      <vpindex state='on'/>
      <synic state='on'/>
    </hyperv>
    <kvm>
      <hidden state='on'/>
    </kvm>
    <vmport state='off'/>
  </features>
  <cpu mode='custom' match='exact' check='full'>
    <model fallback='forbid'>Cascadelake-Server-noTSX</model>
    <topology sockets='1' dies='1' clusters='1' cores='4' threads='2'/>
${['vmx', 'pdcm', 'hypervisor', 'ss', 'tsc_adjust', 'fdp-excptn-only', 'mpx', 'umip', 'pku', 'md-clear', 'stibp', 'xsaves'].map((name) => `    <feature policy='require' name='${name}'/>`).join('\n')}
  </cpu>
  <clock offset='localtime'>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>
    <timer name='hypervclock' present='yes'/>
  </clock>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='network' device='disk'>
      <driver name='qemu' type='raw' cache='none' discard='unmap'/>
      <source protocol='rbd' name='volumes/workstation-7' index='1'>
        <host name='10.0.0.11' port='6789'/>
        <host name='10.0.0.12' port='6789'/>
      </source>
      <target dev='vda' bus='virtio'/>
      <alias name='virtio-disk0'/>
      <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>
    </disk>
${Array.from({ length: 14 }, (_, i) => controllerXml(i)).join('\n')}
    <interface type='bridge'>
      <mac address='52:54:00:6b:3c:58'/>
      <source bridge='br0'/>
      <target dev='vnet3'/>
      <model type='virtio'/>
      <alias name='net0'/>
      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
    </interface>
    <channel type='unix'>
      <source mode='bind' path='/run/libvirt/qemu/channel/7-workstation-7/org.qemu.guest_agent.0'/>
      <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>
      <alias name='channel0'/>
      <address type='virtio-serial' controller='0' bus='0' port='1'/>
    </channel>
    <input type='tablet' bus='usb'>
      <alias name='input0'/>
      <address type='usb' bus='0' port='1'/>
    </input>
    <graphics type='vnc' port='5900' autoport='yes' listen='127.0.0.1'>
      <listen type='address' address='127.0.0.1'/>
    </graphics>
    <video>
      <model type='none'/>
      <alias name='video0'/>
    </video>
${mdevs.map(hostdevXml).join('\n')}
    <memballoon model='virtio'>
      <alias name='balloon0'/>
      <address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>
    </memballoon>
  </devices>
  <seclabel type='dynamic' model='apparmor' relabel='yes'>
    <label>libvirt-7c0de9a4-5f0e-4d6b-9a51-2f5c8e1d7a07</label>
  </seclabel>
</domain>
`;
}

function controllerXml(index: number): string {
  const port = (0x10 + index).toString(16);
  return `    <controller type='pci' index='${index + 1}' model='pcie-root-port'>
      <model name='pcie-root-port'/>
      <target chassis='${index + 1}' port='0x${port}'/>
      <alias name='pci.${index + 1}'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x${(index % 8).toString(16)}'/>
    </controller>`;
}

function hostdevXml(uuid: string, index: number): string {
  return `    <hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci' display='on' ramfb='on'>
      <source>
        <address uuid='${uuid}'/>
      </source>
      <alias name='hostdev${index}'/>
      <address type='pci' domain='0x0000' bus='0x${(6 + index).toString(16).padStart(2, '0')}' slot='0x00' function='0x0'/>
    </hostdev>`;
}
