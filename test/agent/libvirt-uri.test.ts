/** What a libvirt URI of the configuration may ask of libvirt. */
import { uriProblem } from '../../src/agent/libvirt-uri';

test.each([
  'qemu:///system',
  'qemu+tls://host-b.example/system',
  'qemu+tls://[2001:db8::1]:16514/system?pkipath=/etc/pki/ferry',
  'qemu+ssh://ferry@host-b:2222/system?keyfile=/etc/vgpu-ferry/key&no_tty=1',
  'qemu+unix:///system?socket=/run/libvirt/virtqemud-sock',
  'test:///default',
  'sim://host-a/system',
])('%s is a connection', (uri) => {
  expect(uriProblem(uri)).toBeNull();
});

test.each<[string, RegExp]>([
  ['qemu+ext://host-b/system?command=/bin/sh', /^transport ext is refused: libvirt would run a program/],
  ['qemu+ssh://host-b/system?command=/bin/sh', /^option command is refused: it names a program/],
  ['qemu+ssh://host-b/system?no_tty=1&Command=/bin/sh', /^option command/],
  ['qemu+ssh://host-b/system?%63ommand=/bin/sh', /^option command/],
  ['qemu+ssh://host-b/system?no_tty=1;command=/bin/sh', /^option command/],
  ['qemu+ssh://host-b/system?netcat=/bin/sh', /^option netcat/],
  ['/etc/passwd', /^required a URI/],
  ['qemu+tls://host b/system', /^required a URI/],
  ['qemu+tls://host-b/system\n', /^required a URI/],
  ['qemu+tls://[::1/system', /^required a URI/],
  ['', /^required a URI/],
])('%j is refused', (uri, problem) => {
  expect(uriProblem(uri)).toMatch(problem);
});
