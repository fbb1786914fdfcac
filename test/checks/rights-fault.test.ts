/** libvirt's words where a user may not use it, and what is no such word. */
import { rightsFault } from '../../src/checks';

const ASKED = { host: 'host-a', user: () => 'vgpu-ferry' };

test.each([
  "Failed to connect socket to '/run/libvirt/libvirt-sock': Permission denied",
  'authentication failed: access denied by policy',
  "authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.manage'",
  'authentication cancelled: user cancelled authentication process',
])('a refusal: %s', (message) => {
  const fault = rightsFault(message, ASKED);
  expect(fault?.what).toBe('libvirt on host-a runs, but refuses the user vgpu-ferry.');
  expect(fault?.fix).toContain('usermod -aG libvirt vgpu-ferry on host-a');
});

test.each([
  "Failed to connect socket to '/run/libvirt/libvirt-sock': No such file or directory",
  "Failed to connect socket to '/run/libvirt/libvirt-sock': Connection refused",
  "authentication failed: Failed to verify peer's certificate",
  'Unable to access credentials /etc/pki/qemu/server-key.pem: Permission denied',
  'End of file while reading data: Input/output error',
  "unable to open '/dev/vfio/12': access denied",
  "Cannot recv data: error: Failed to connect socket to '/run/libvirt/libvirt-sock': Permission denied", // a peer's, over ssh
])('something else: %s', (message) => expect(rightsFault(message, ASKED)).toBeUndefined());
