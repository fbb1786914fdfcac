/** Creating and removing devices against a scripted connection: the orders, the waits and what is undone. */
import { HypervisorError } from '../../../src/hypervisor/port';
import type { Connection } from '../../../src/hypervisor/libvirt/connection';
import { Mdevs } from '../../../src/hypervisor/libvirt/mdevs';

const UUID = 'aaaaaaaa-0000-4000-8000-000000000001';
const NAME = 'mdev_aaaaaaaa_0000_4000_8000_000000000001_mtty';
const REQUEST = { uuid: UUID, type: 'mtty-2', parent: 'mtty_mtty', persistent: true };
const XML = `<device><name>${NAME}</name><parent>mtty_mtty</parent><capability type='mdev'><type id='mtty-2'/><uuid>${UUID}</uuid></capability></device>`;

const refusal = new HypervisorError('No available instances', 1, 22, false);

/** A host with at most this one device; `lateBy` looks still show what was before. */
class Host {
  readonly calls: string[] = [];
  defined = false;
  active = false;
  lateBy = 0;
  failures: Partial<Record<string, Error[]>> = {};
  #shown: boolean[] = [];

  get connection(): Pick<Connection, 'call'> {
    return { call: ((name: string) => this.#call(name)) as Connection['call'] };
  }

  #call(name: string): Promise<unknown> {
    if (!name.startsWith('mdev')) this.calls.push(name);
    const failure = this.failures[name]?.shift();
    if (failure !== undefined) return Promise.reject(failure);
    const before = this.defined || this.active;
    if (name === 'defineMdev') this.defined = true;
    if (name === 'startDefinedMdev' || name === 'createTransientMdev') this.active = true;
    if (name === 'stopMdev') this.active = false;
    if (name === 'undefineMdev') this.defined = false;
    if ((this.defined || this.active) !== before) this.#shown = Array<boolean>(this.lateBy).fill(before);
    return Promise.resolve(this.#answer(name));
  }

  #answer(name: string): unknown {
    if (name === 'defineMdev' || name === 'createTransientMdev') return NAME;
    if (!name.startsWith('mdev')) return undefined;
    const there = this.#shown.shift() ?? (this.defined || this.active);
    const { active, defined } = this;
    const record = { xml: XML, active, persistent: defined, autostart: defined && active };
    if (name === 'mdevRecord') return there ? record : undefined;
    if (!there) return [];
    return name === 'mdevNames' ? [NAME] : [record];
  }
}

describe('mediated devices', () => {
  test('a persistent one is defined, started, and there when the call returns', async () => {
    const host = new Host();
    host.lateBy = 2;
    const mdevs = new Mdevs(host.connection);
    await mdevs.create(REQUEST);
    expect(host.calls).toEqual(['defineMdev', 'startDefinedMdev']);
    expect(await mdevs.list()).toEqual([{ ...REQUEST, active: true, autostart: true }]);
  });

  test('a transient one is there when the call returns, and is looked for alone', async () => {
    const host = new Host();
    host.lateBy = 2;
    const { connection } = host;
    const asked: string[] = [];
    const call: Connection['call'] = (name, ...args) => {
      asked.push(name);
      return connection.call(name, ...args);
    };
    await new Mdevs({ call }).create({ ...REQUEST, persistent: false });
    expect(asked).toEqual(['createTransientMdev', 'mdevRecord', 'mdevRecord', 'mdevRecord']);
    expect([host.defined, host.active]).toEqual([false, true]);
  });

  test('one that cannot be started does not stay defined, and the refusal is passed on', async () => {
    const host = new Host();
    host.failures = { startDefinedMdev: [refusal] };
    await expect(new Mdevs(host.connection).create(REQUEST)).rejects.toBe(refusal);
    expect(host.defined).toBe(false);
  });

  test('one that exists is refused and left alone', async () => {
    const host = new Host();
    host.defined = host.active = true;
    await expect(new Mdevs(host.connection).create(REQUEST)).rejects.toMatchObject({ code: 1, domain: 22 });
    expect(host.calls).toEqual([]);
    expect([host.defined, host.active]).toEqual([true, true]);
  });

  test('a removed one is gone when the call returns', async () => {
    const host = new Host();
    host.defined = host.active = true;
    host.lateBy = 3;
    const mdevs = new Mdevs(host.connection);
    await mdevs.destroy(UUID.toUpperCase());
    expect(await mdevs.list()).toEqual([]);
    expect(host.calls).toEqual(['stopMdev', 'undefineMdev']);
  });

  test('one in use stays, and is not undefined', async () => {
    const host = new Host();
    host.defined = host.active = true;
    const inUse = new HypervisorError('device in use', 1, 22, false);
    host.failures = { stopMdev: [inUse] };
    await expect(new Mdevs(host.connection).destroy(UUID)).rejects.toBe(inUse);
    expect([host.defined, host.active]).toEqual([true, true]);
  });

  test('a list read while a device is going is read again', async () => {
    const host = new Host();
    host.active = true;
    host.failures = { mdevRecords: [new HypervisorError('failed to access iommu_group', 38, 0, false)] };
    expect(await new Mdevs(host.connection).list()).toHaveLength(1);
  });

  test('another error of the list is passed on at once', async () => {
    const host = new Host();
    host.failures = { mdevRecords: [refusal] };
    await expect(new Mdevs(host.connection).list()).rejects.toBe(refusal);
  });
});
