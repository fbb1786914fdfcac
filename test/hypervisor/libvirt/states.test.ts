import { guestOnHost, type RawState } from '../../../src/hypervisor/libvirt/states';

const raw = (state: number, reason: number, rest: Partial<RawState> = {}): RawState => ({
  state,
  reason,
  active: true,
  job: 'none',
  persistent: false,
  ...rest,
});

describe('states and reasons (virDomainState and its reason enums)', () => {
  test.each([
    [1, 1, 'running', 'booted'],
    [1, 2, 'running', 'migrated'],
    [1, 3, 'running', 'other'],
    [1, 5, 'running', 'unpaused'],
    [1, 6, 'running', 'migration-cancelled'],
    [2, 0, 'running', 'other'],
    [3, 1, 'paused', 'user'],
    [3, 2, 'paused', 'migration'],
    [3, 3, 'paused', 'saved'],
    [3, 5, 'paused', 'other'],
    [3, 8, 'paused', 'shutdown'],
    [3, 10, 'paused', 'crashed'],
    [3, 11, 'paused', 'starting'],
    [4, 1, 'paused', 'shutdown'],
    [6, 1, 'paused', 'crashed'],
    [7, 0, 'paused', 'other'],
    [0, 0, 'running', 'other'],
    [99, 0, 'running', 'other'],
  ])('active, state %i reason %i is %s (%s)', (state, reason, word, why) => {
    expect(guestOnHost(raw(state, reason, { job: 'outgoing', persistent: true }))).toEqual({
      state: word,
      reason: why,
      job: 'outgoing',
      persistent: true,
    });
  });

  test.each([
    [5, 0, 'daemon'],
    [5, 1, 'shutdown'],
    [5, 2, 'destroyed'],
    [5, 3, 'crashed'],
    [5, 4, 'migrated'],
    [5, 5, 'saved'],
    [5, 6, 'failed'],
    [5, 7, 'other'],
    [5, 8, 'daemon'],
    [6, 1, 'crashed'],
  ])('inactive, state %i reason %i is shut off (%s), and has no job', (state, reason, why) => {
    expect(guestOnHost(raw(state, reason, { active: false, job: 'outgoing' }))).toEqual({
      state: 'shut-off',
      reason: why,
      persistent: false,
    });
  });
});
