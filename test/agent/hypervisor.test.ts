/** What an agent that starts says of a libvirt that does not answer. */
import { tellWhetherItAnswers } from '../../src/agent/hypervisor';
import type { Hypervisor } from '../../src/hypervisor/port';

const warned = jest.fn();
beforeEach(() => warned.mockReset());

async function told(versions: () => Promise<unknown>): Promise<unknown[][]> {
  const config = { host: 'host-a', libvirtUri: 'qemu:///system', simulatedFleet: undefined };
  await tellWhetherItAnswers({ versions } as unknown as Hypervisor, config, { warn: warned });
  return warned.mock.calls as unknown[][];
}

test('nothing, if it answers', async () => {
  expect(await told(() => Promise.resolve({}))).toEqual([]);
});

test('that it is away', async () => {
  const said = "Failed to connect socket to '/run/libvirt/libvirt-sock': No such file or directory";
  expect(await told(() => Promise.reject(new Error(said)))).toEqual([
    [
      { host: 'host-a', error: said },
      `The hypervisor (qemu:///system) does not answer: ${said}. While that is so, no guest can be migrated from or to this host.`,
    ],
  ]);
});

test('that it refuses the user, and what to do', async () => {
  const said = 'authentication failed: access denied by policy';
  expect(await told(() => Promise.reject(new Error(said)))).toEqual([
    [
      { host: 'host-a', error: said },
      expect.stringMatching(/refuses the user \S+\. .*usermod -aG libvirt \S+ on host-a.* While that is so/),
    ],
  ]);
});
