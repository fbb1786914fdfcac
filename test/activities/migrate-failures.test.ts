/** What libvirt says when a migrate call fails, as the failure that the workflow acts by and a person reads. */
import { ErrorType } from '../../src/contract';
import { HypervisorError } from '../../src/hypervisor/port';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';

import { HostPair, attempt, failureOf } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
});
afterEach(() => {
  jest.restoreAllMocks();
  return pair.close();
});

test.each([
  [78, 10, "operation aborted: job 'migration out' canceled by client", ErrorType.Aborted],
  [1, 7, 'internal error: client socket is closed', ErrorType.OutcomeUnknown],
  [38, 7, 'Cannot recv data: End of file while reading data', ErrorType.OutcomeUnknown],
  [39, 7, 'no more data', ErrorType.OutcomeUnknown],
  [9, 10, "operation failed: job 'migration out' failed: Channel error", ErrorType.MigrationFailed],
  [99, 0, 'device not found: mediated device not found', ErrorType.MigrationFailed],
  [55, 10, 'cannot migrate a domain with <hostdev mode=subsystem>', ErrorType.MigrationFailed],
  [1, 10, 'internal error: unable to execute QEMU command', ErrorType.MigrationFailed],
  [1, 10, 'The server certificate /etc/pki/qemu/server-cert.pem has expired', ErrorType.Tls],
  [9, 10, 'Certificate does not match the hostname 10.0.0.2', ErrorType.Tls],
  [38, 7, 'Unable to read TLS confirmation: Input/output error', ErrorType.Tls],
])('error %i of domain %i (%s) is %s', async (code, domain, text, type) => {
  await pair.fleet.arm([
    { call: 'migrate', host: 'host-a', effect: 'none', kind: 'call-error', code, domain, text },
  ]);
  const failure = await failureOf(attempt(pair.a, (await pair.prepare(guest)).input).end);
  expect(failure).toMatchObject({ type, nonRetryable: true, details: [{ host: 'host-a', code, domain }] });
  expect(failure.message).toContain(text);
  expect(failure.message).toContain('host-a');
});

test('of a guest that stood still when its daemon was lost, that is passed on', async () => {
  const { input } = await pair.prepare(guest);
  const lost = new HypervisorError('End of file while reading data', 38, 7, true, true);
  jest.spyOn(pair.a.hypervisor, 'migrate').mockRejectedValueOnce(lost);
  expect(await failureOf(attempt(pair.a, input).end)).toMatchObject({
    type: ErrorType.OutcomeUnknown,
    details: [{ host: 'host-a', code: 38, domain: 7, sourceStopped: true }],
  });
});

test.each([
  ['HypervisorUnavailable', 38, 7, 'Cannot recv data: End of file while reading data'],
  ['HypervisorUnavailable', 68, 0, 'Timed out during operation'],
  ['HypervisorUnavailable', 45, 7, 'authentication failed: access denied by policy'],
  ['MdevOperationFailed', 1, 22, 'internal error: Unable to start mediated device'],
])('any other call: %s for error %i of domain %i, to be retried', async (type, code, domain, text) => {
  await pair.fleet.arm([
    { call: 'listMdevs', host: 'host-a', effect: 'none', kind: 'call-error', code, domain, text },
  ]);
  const failure = await failureOf(pair.prepare(guest));
  expect(failure).toMatchObject({ type, message: expect.stringContaining(text) });
  expect(failure.nonRetryable).not.toBe(true);
});

test('a libvirt that refuses the agent’s user: told as that, with what to do', async () => {
  const text = "Failed to connect socket to '/run/libvirt/libvirt-sock': Permission denied";
  await pair.fleet.arm([
    { call: 'listMdevs', host: 'host-a', effect: 'none', kind: 'call-error', code: 38, domain: 7, text },
  ]);
  const { message } = await failureOf(pair.prepare(guest));
  expect(message).toMatch(/^libvirt on host-a runs, but refuses the user \S+\. .*usermod -aG libvirt/);
  expect(message).toContain(text);
});
