/** Two machines under one host id would get each other's steps, and look for guests where these have never been. */
import os from 'node:os';
import type { Client } from '@temporalio/client';
import { machinesOf, otherMachines } from '../temporal/workers';
import { ConfigError } from './config';

/** A server that is slow to answer is no reason not to start. */
const ANSWER_WITHIN_MS = 5_000;

/** Rejects with ConfigError if an agent on another machine polls under this id. */
export async function refuseTakenHostId(client: Client, host: string, self = os.hostname()): Promise<void> {
  const machines = await client
    .withDeadline(Date.now() + ANSWER_WITHIN_MS, () => machinesOf(client, host))
    .catch(() => []);
  const others = otherMachines(machines, self);
  if (others.length > 0) throw new ConfigError(takenMessage(host, others, self));
}

function takenMessage(host: string, others: readonly string[], self: string): string {
  return (
    `Host id ${host} is in use by an agent on ${others.join(', ')}; this machine is ${self}. ` +
    'Give each host an id of its own ("host" in the configuration). If that machine is gone, or has got a new name, start again in two minutes.'
  );
}
