import { tellsLostConnection } from '../../../src/hypervisor/libvirt/errors';

describe('which failures tell of a lost connection', () => {
  test.each([
    [1, 7, true, 'client socket is closed'],
    [38, 7, true, 'End of file while reading data'],
    [39, 7, true, 'RPC error'],
    [3, 7, false, 'not supported by the remote side'],
    [42, 10, false, 'no such domain'],
    [78, 10, false, 'aborted'],
    [9, 10, false, 'load of migration failed'],
    [38, 0, false, 'a system call of the daemon failed'],
    [1, 22, false, 'mdevctl refused'],
  ])('%i of domain %i: %s (%s)', (code, domain, lost) => {
    expect(tellsLostConnection({ code, domain })).toBe(lost);
  });
});
