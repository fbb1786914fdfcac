import { hostTaskQueue } from '../src/contract';
test('host queues are named by host and role', () => {
  expect(hostTaskQueue('host-a', 'control')).toBe('vgpu-host:host-a:control');
});
