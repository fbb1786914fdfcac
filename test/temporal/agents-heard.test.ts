import { AgentsHeard, type Beats } from '../../src/temporal/agents-heard';

const S = 1_000;

/** One worker a host, with the time of its last heartbeat. */
function beats(times: Record<string, number>, key = 'first'): Beats {
  return new Map(Object.entries(times).map(([host, at]) => [host, new Map([[key, at]])]));
}

let heard: AgentsHeard;
beforeEach(() => (heard = new AgentsHeard()));

function hosts(known: string[], now: Beats, nowMs: number): Record<string, boolean> {
  return Object.fromEntries(heard.look(known, now, nowMs));
}

test('an agent whose heartbeats advance is heard, however wrong the clock of its host is', () => {
  expect(hosts([], beats({ 'host-a': 5 * S }), 0)).toEqual({ 'host-a': true });
  expect(hosts([], beats({ 'host-a': 45 * S }), 40 * S)).toEqual({ 'host-a': true });
});

test('the server goes on listing a dead one: it is silent half a minute after its last heartbeat', () => {
  const last = beats({ 'host-a': 1 });
  hosts([], last, 0);
  expect(hosts([], last, 29 * S)).toEqual({ 'host-a': true });
  expect(hosts([], last, 31 * S)).toEqual({ 'host-a': false });
  expect(hosts([], new Map(), 400 * S)).toEqual({ 'host-a': false });
});

test('a new worker is a sign of life, whatever time it tells', () => {
  hosts([], beats({ 'host-a': 100 * S }), 0);
  expect(hosts([], beats({ 'host-a': 1 }, 'second'), 60 * S)).toEqual({ 'host-a': true });
});

test('a host that is known and not heard yet has half a minute to begin', () => {
  expect(hosts(['host-a'], new Map(), 0)).toEqual({ 'host-a': true });
  expect(hosts(['host-a'], new Map(), 31 * S)).toEqual({ 'host-a': false });
});
