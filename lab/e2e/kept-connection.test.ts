/** The connection to another host's daemon that is kept for the next who wants one, when that daemon has died meanwhile. */
import { randomUUID } from 'node:crypto';
import { createLibvirtHypervisor } from '../../src/hypervisor/libvirt';
import { type Hypervisor, HypervisorError } from '../../src/hypervisor/port';
import type { Lab } from '../src/lab';
import { sharedLab } from '../src/session';

const START_LIBVIRTD = '/usr/sbin/libvirtd -d -l && virsh list >/dev/null';
const KILL_LIBVIRTD = 'kill -9 $(pidof libvirtd); while pidof libvirtd; do sleep 0.05; done';

let lab: Lab;
let hypervisor: Hypervisor;

beforeAll(async () => {
  ({ lab } = await sharedLab());
});
beforeEach(async () => {
  hypervisor = await createLibvirtHypervisor({ uri: lab.a.libvirtUri });
  await look(); // which leaves a connection to be kept
});
afterEach(async () => {
  await hypervisor.close();
  await lab.b.ssh(`pidof libvirtd >/dev/null || (${START_LIBVIRTD})`);
});

async function look(): Promise<string> {
  const peer = await hypervisor.connectPeer(lab.b.libvirtUri);
  try {
    return (await peer.observe(randomUUID())).state;
  } finally {
    await peer.close();
  }
}

test('started again: the next look is of the new daemon', async () => {
  await lab.b.ssh(`${KILL_LIBVIRTD}; ${START_LIBVIRTD}`);
  expect(await look()).toBe('absent');
});

test('away: the next look says so, and the one after its return sees again', async () => {
  await lab.b.ssh(KILL_LIBVIRTD);
  await expect(look()).rejects.toThrow(HypervisorError);
  await lab.b.ssh(START_LIBVIRTD);
  expect(await look()).toBe('absent');
});
