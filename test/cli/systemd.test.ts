import { serviceManager } from '../../src/cli/systemd';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function told(env: NodeJS.ProcessEnv, run: (manager: ReturnType<typeof serviceManager>) => void): string[] {
  const states: string[] = [];
  run(serviceManager(env, (state) => states.push(state)));
  return states;
}

test('ready, twice in each time of the watchdog, and stopping', () => {
  const states = told({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: String(process.pid) }, (manager) => {
    manager.ready();
    jest.advanceTimersByTime(65_000);
    manager.stopping();
    jest.advanceTimersByTime(65_000);
  });
  expect(states).toEqual(['READY=1', 'WATCHDOG=1', 'WATCHDOG=1', 'STOPPING=1']);
});

test.each<[string, NodeJS.ProcessEnv]>([
  ['no watchdog', {}],
  ["another process's watchdog", { WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' }],
])('%s is not fed', (_what, env) => {
  const states = told(env, (manager) => {
    manager.ready();
    jest.advanceTimersByTime(65_000);
  });
  expect(states).toEqual(['READY=1']);
});

test('outside of systemd nothing is told, and nothing is needed', () => {
  const manager = serviceManager({});
  manager.ready();
  manager.stopping();
});
