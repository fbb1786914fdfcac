/** What an agent that starts says of a libvirt that does not answer. */
import { tellWhetherItAnswers } from '../../src/agent/hypervisor';
import type { Hypervisor } from '../../src/hypervisor/port';

const warned = jest.fn();
beforeEach(() => warned.mockReset());

async function told(versions: () => Promise<unknown>): Promise<unknown[][]> {
  await tellWhetherItAnswers({ versions } as unknown as Hypervisor, 'host-a', { warn: warned });
  return warned.mock.calls as unknown[][];
}

test('nothing, if it answers', async () => {
  expect(await told(() => Promise.resolve({}))).toEqual([]);
});

test('that it is away', async () => {
  const said = "Failed to connect socket to '/run/libvirt/libvirt-sock': No such file or directory";
  expect(await told(() => Promise.reject(new Error(said)))).toEqual([
    [{ host: 'host-a', error: said }, expect.stringMatching(/^libvirt on host-a does not answer\. Until/)],
  ]);
});

test('that it refuses the user, and what to do', async () => {
  const said = 'authentication failed: access denied by policy';
  expect(await told(() => Promise.reject(new Error(said)))).toEqual([
    [
      { host: 'host-a', error: said },
      expect.stringMatching(/refuses the user \S+\. .*usermod -aG libvirt \S+ on host-a.* Until it does/),
    ],
  ]);
});
