/** The whole adapter, threads included, on libvirt's built-in test driver and on daemons that do not answer. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

import { createLibvirtHypervisor } from '../../../src/hypervisor/libvirt';
import { Connection } from '../../../src/hypervisor/libvirt/connection';
import { IdleThreads } from '../../../src/hypervisor/libvirt/idle-threads';
import { type Hypervisor, HypervisorError } from '../../../src/hypervisor/port';
import { describeWithLibvirt } from './libvirt-here';

const GUEST = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const NOBODY = '00000000-0000-4000-8000-000000000000';

describeWithLibvirt("the adapter on libvirt's test driver", () => {
  let hypervisor: Hypervisor;
  beforeAll(async () => {
    hypervisor = await createLibvirtHypervisor({ uri: 'test:///default', kernelRelease: '6.12.0-lab' });
  });
  afterAll(() => hypervisor.close());

  test('tells the versions, the kernel as injected', async () => {
    const versions = await hypervisor.versions();
    expect(versions.libvirt).toBeGreaterThan(1_000_000);
    expect(versions.kernel).toBe('6.12.0-lab');
  });

  test('lists the guests', async () => {
    const guest = { uuid: GUEST, name: 'test', running: true, persistent: true };
    expect(await hypervisor.listDomains()).toEqual([guest]);
    expect(await hypervisor.domain(GUEST)).toEqual({ ...guest, autostart: false });
    expect(await hypervisor.domain(NOBODY)).toBeUndefined();
  });

  test('observes a guest, and an absent one', async () => {
    const { state, job } = (await hypervisor.observe(GUEST)) as { state: string; job: string };
    expect([state, job]).toEqual(['running', 'none']);
    expect(await hypervisor.observe(NOBODY)).toEqual({ state: 'absent' });
  });

  test('gives the XML, without secrets and with', async () => {
    expect(await hypervisor.domainXml(GUEST, 'live')).toContain(`<uuid>${GUEST}</uuid>`);
    expect(await hypervisor.domainXml(GUEST, 'migratable-inactive')).toContain(`<uuid>${GUEST}</uuid>`);
  });

  test("fails with libvirt's code, domain and text", async () => {
    const failure = await hypervisor.domainXml(NOBODY, 'live').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HypervisorError);
    expect(failure).toMatchObject({
      code: 42,
      domain: 12,
      message: 'Domain not found',
      connectionLost: false,
    });
  });

  test('changes what it is asked to; undefining what is not there is success', async () => {
    await hypervisor.destroy(GUEST);
    expect(await hypervisor.observe(GUEST)).toEqual({
      state: 'shut-off',
      reason: 'destroyed',
      persistent: true,
    });
    await hypervisor.undefine(NOBODY);
  });

  test('answers many calls at once, each with its own answer', async () => {
    const answers = await Promise.allSettled(
      Array.from({ length: 500 }, (_, at) =>
        at % 2 === 0 ? hypervisor.listDomains() : hypervisor.domainXml(NOBODY, 'live'),
      ),
    );
    const wanted = (at: number) => (at % 2 === 0 ? 'fulfilled' : 'rejected');
    expect(answers.filter(({ status }, at) => status !== wanted(at))).toEqual([]);
  });

  test('can be closed twice; after that it refuses, and another one works', async () => {
    const other = await createLibvirtHypervisor({ uri: 'test:///default' });
    await other.listDomains();
    await Promise.all([other.close(), other.close()]);
    await expect(other.listDomains()).rejects.toThrow('has been closed');
    await expect(hypervisor.listDomains()).resolves.toBeDefined();
  });
});

describeWithLibvirt('a daemon that takes the connection and never answers', () => {
  const sockets = new Set<Socket>();
  let server: Server;
  let uri: string;
  beforeEach(async () => {
    server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    uri = `qemu+tcp://127.0.0.1:${(server.address() as AddressInfo).port}/system`;
  });
  afterEach(async () => {
    hangUp();
    await new Promise((resolve) => server.close(resolve));
  });

  function hangUp(): void {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  }

  test('blocks neither this thread nor another connection, and its end is a lost connection', async () => {
    const accepted = new Promise((resolve) => server.once('connection', resolve));
    const stuck = await createLibvirtHypervisor({ uri });
    const good = await createLibvirtHypervisor({ uri: 'test:///default' });
    let settled = false;
    const call = stuck.listDomains().catch((error: unknown) => error);
    void call.finally(() => {
      settled = true;
    });
    await accepted;
    expect(await good.listDomains()).toBeDefined();
    expect(settled).toBe(false);
    // A read is tried once more on a new connection, so both have to end.
    server.on('connection', hangUp);
    hangUp();
    expect(await call).toMatchObject({ name: 'HypervisorError', domain: 7, connectionLost: true });
    await Promise.all([stuck.close(), good.close()]);
  });

  test('is given up after the limit, and the next call gets a new thread', async () => {
    const threads = new IdleThreads();
    const limits = { silenceLimitMs: null, openLimitMs: 200 };
    const connection = new Connection({ uri, keepAliveSeconds: 0, ...limits, threads });
    const lost = {
      connectionLost: true,
      message: expect.stringContaining('no answer within 0.2 s') as string,
    };
    const [first, second] = await Promise.allSettled([
      connection.call('versions'),
      connection.call('listDomains'),
    ]);
    expect([first, second]).toMatchObject([{ reason: lost }, { reason: lost }]);
    await expect(connection.call('versions')).rejects.toMatchObject(lost);
    await connection.close();
  });
});
