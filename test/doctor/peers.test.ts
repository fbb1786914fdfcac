/** A peer that is well, and each way in which one is not; the ports are real ones of this machine. */
import { once } from 'node:events';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { addressOf, lookAtPeer } from '../../src/doctor/peers';

let server: Server;
let port: number;
beforeAll(async () => {
  server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => server.close());

const GOOD = { libvirt: 11_003_000, qemu: 10_000_002, kernel: 'of another machine' };

async function look(uri: string, versions: () => Promise<typeof GOOD>): Promise<string[]> {
  const close = jest.fn(() => Promise.resolve());
  const findings = await lookAtPeer({
    ...{ host: 'host-b', uri, migrationPort: port },
    connect: () => Promise.resolve({ versions, close }),
  });
  return findings.map(({ verdict, subject, found }) => `${verdict} ${subject}: ${found}`);
}

test.each([
  ['qemu+tls://host-b/system', 'host-b', 16514],
  ['qemu://host-b/system', 'host-b', 16514],
  ['qemu+tcp://10.0.0.2/system', '10.0.0.2', 16509],
  ['qemu+ssh://root@host-b/system', 'host-b', 22],
  ['qemu+tls://host-b:1234/system', 'host-b', 1234],
  ['qemu+tcp://[fd00::1]/system', 'fd00::1', 16509],
  ['qemu+ext://host-b/system', 'host-b', null],
])('%s is %s, port %s', (uri, name, wanted) => expect(addressOf(uri)).toMatchObject({ name, port: wanted }));

test('all well', async () => {
  expect(await look(`qemu+tcp://127.0.0.1:${port}/system`, () => Promise.resolve(GOOD))).toEqual([
    'ok host-b: name: 127.0.0.1 is 127.0.0.1',
    `ok host-b: libvirt's port: 127.0.0.1:${port} is open`,
    'ok host-b: libvirt: libvirt 11.3.0, QEMU 10.0.2',
    `ok host-b: migration ports: 127.0.0.1:${port} can be reached`,
  ]);
});

test('a name that does not resolve: nothing else is tried', async () => {
  const found = await look('qemu+tcp://host-b.invalid/system', () => Promise.resolve(GOOD));
  expect(found).toEqual([expect.stringMatching(/^fail host-b: name: host-b\.invalid: /)]);
});

test('a port at which nothing listens', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const free = (closed.address() as AddressInfo).port;
  await new Promise((resolve) => closed.close(resolve));
  const found = await look(`qemu+tcp://127.0.0.1:${free}/system`, () => Promise.resolve(GOOD));
  expect(found[1]).toBe(`fail host-b: libvirt's port: nothing listens at 127.0.0.1:${free}`);
  expect(found).toHaveLength(2);
});

test('libvirt there is too old; what its kernel is can only be seen there', async () => {
  const old = { ...GOOD, libvirt: 8_000_000 };
  const found = await look(`qemu+tcp://127.0.0.1:${port}/system`, () => Promise.resolve(old));
  expect(found).toContain('fail host-b: libvirt: libvirt 8.0.0; required: libvirt 8.6.0 or later');
});

test('libvirt there refuses: in its own words', async () => {
  const refuse = (): Promise<never> => Promise.reject(new Error('certificate rejected'));
  const uri = `qemu+tcp://127.0.0.1:${port}/system`;
  expect(await look(uri, refuse)).toContain(`fail host-b: libvirt: ${uri}: certificate rejected`);
});
