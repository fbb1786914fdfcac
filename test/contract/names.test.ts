import { agentIdentity, agentMachine } from '../../src/contract';

test('the machine of an agent is read from what the agent calls itself', () => {
  expect(agentMachine(agentIdentity('host-a', 'gpu-17.example', 'control, pid 7'))).toBe('gpu-17.example');
});

test.each([
  '',
  'vgpu-ferry agent host-a (control, pid 7)',
  'vgpu-ferry orchestrator (pid 3)',
  '12@elsewhere',
])('%j names none', (identity) => expect(agentMachine(identity)).toBeUndefined());
