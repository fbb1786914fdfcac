/** Names of the bare workflow and its queues: as many, and as a host's are, as a migration uses. */
import { hostsOf } from './plan';

export const BARE_QUEUE = 'bench-bare';

const control = (host: string): string => `bench-bare:${host}:control`;
const migrate = (host: string): string => `bench-bare:${host}:migrate`;

export function bareQueuesOf(pair: number): string[] {
  return hostsOf(pair).flatMap((host) => [control(host), migrate(host)]);
}

/** The way of one migration: inspect, claim, migrate, finalize, clean up. */
export function bareSteps(source: string, destination: string): string[] {
  return [control(source), control(destination), migrate(source), control(destination), control(source)];
}

export function roundTrips(source: string, count: number): string[] {
  return Array.from({ length: count }, () => control(source));
}
