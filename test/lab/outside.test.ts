/** The hypervisor as seen from outside of the lab: the peer's outer URI, the stand-ins, and all else as it is. */
import { seenFromOutside } from '../../lab/src/outside';
import type { Hypervisor } from '../../src/hypervisor/port';

const OUTER = { libvirtUri: 'qemu+tcp://127.0.0.1/system' };

/** One whose calls need their `this`. */
class Inner {
  readonly asked: unknown[] = [];

  async connectPeer(...call: unknown[]): Promise<void> {
    this.asked.push(call);
  }

  async abortJob(guest: string): Promise<void> {
    this.asked.push(guest);
  }
}

function outside(change?: Partial<Hypervisor>): { inner: Inner; hypervisor: Hypervisor } {
  const inner = new Inner();
  return { inner, hypervisor: seenFromOutside(inner as unknown as Hypervisor, OUTER, change) };
}

test('the peer is reached by its outer URI, in the way that was asked for', async () => {
  const { inner, hypervisor } = outside();
  await hypervisor.connectPeer('qemu+tcp://host-b/system');
  await hypervisor.connectPeer('qemu+tcp://host-b/system', { anew: true });
  expect(inner.asked).toEqual([[OUTER.libvirtUri], [OUTER.libvirtUri, { anew: true }]]);
});

test('a stand-in is called instead; all else is as it was', async () => {
  const abortJob = jest.fn(() => Promise.resolve());
  const { inner, hypervisor } = outside();
  await hypervisor.abortJob('guest');
  await outside({ abortJob }).hypervisor.abortJob('guest');
  expect([inner.asked, abortJob.mock.calls]).toEqual([['guest'], [['guest']]]);
});
