import { mdevIn, mdevTypesIn, mdevXml } from '../../../src/hypervisor/libvirt/mdev-xml';

const UUID = 'aaaaaaaa-0000-4000-8000-000000000001';

const TYPES = `
  <capability type='mdev_types'>
    <type id='nvidia-471'><name>GRID A100-10C</name><deviceAPI>vfio-pci</deviceAPI><availableInstances>3</availableInstances></type>
    <type id='nvidia-472'><deviceAPI>vfio-pci</deviceAPI><availableInstances>0</availableInstances></type>
  </capability>`;

describe('types that a parent offers', () => {
  test('of a PCI device, whose capability holds them', () => {
    const xml = `<device><name>pci_0000_41_00_0</name><parent>pci_0000_40_01_1</parent>
      <capability type='pci'><class>0x030200</class><capability type='virt_functions' maxCount='16'/>${TYPES}</capability></device>`;
    expect(mdevTypesIn(xml)).toEqual([
      { parent: 'pci_0000_41_00_0', type: 'nvidia-471', name: 'GRID A100-10C', availableInstances: 3 },
      { parent: 'pci_0000_41_00_0', type: 'nvidia-472', name: null, availableInstances: 0 },
    ]);
  });

  test('of a virtual device, as libvirt 11.3 nests them: the capability inside itself', () => {
    const xml = `<device><name>mtty_mtty</name><parent>computer</parent><capability type='mdev_types'>
      <capability type='mdev_types'><type id='mtty-2'><name>Dual port serial</name><availableInstances>12</availableInstances></type></capability>
      </capability></device>`;
    expect(mdevTypesIn(xml)).toEqual([
      { parent: 'mtty_mtty', type: 'mtty-2', name: 'Dual port serial', availableInstances: 12 },
    ]);
  });

  test('a name that looks like a number stays text', () => {
    const xml = `<device><name>m</name><capability type='mdev_types'><type id='t'><name>007</name><availableInstances>1</availableInstances></type></capability></device>`;
    expect(mdevTypesIn(xml)[0]?.name).toBe('007');
  });

  test('none of another device', () => {
    expect(mdevTypesIn(`<device><name>net_eth0</name><capability type='net'/></device>`)).toEqual([]);
  });
});

describe('a mediated device', () => {
  test('is read from its node device, the UUID in lower case', () => {
    const xml = `<device><name>mdev_x_mtty</name><parent>mtty_mtty</parent><driver><name>mtty</name></driver>
      <capability type='mdev'><type id='mtty-2'/><uuid>${UUID.toUpperCase()}</uuid><parent_addr>mtty</parent_addr><iommuGroup number='0'/></capability></device>`;
    expect(mdevIn(xml)).toEqual({ uuid: UUID, type: 'mtty-2', parent: 'mtty_mtty' });
  });

  test('is not invented from another device', () => {
    expect(
      mdevIn(`<device><name>a</name><parent>b</parent><capability type='pci'/></device>`),
    ).toBeUndefined();
  });

  test('asked for is read back as asked for, awkward characters included', () => {
    const wanted = { uuid: UUID, type: 'a&b', parent: '<pci>' };
    expect(mdevIn(mdevXml({ ...wanted, persistent: true }))).toEqual(wanted);
  });
});
