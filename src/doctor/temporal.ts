/** Temporal as this machine sees it: the server, its namespace, who runs the workflows, and the hosts' agents. */
import os from 'node:os';
import type { Client } from '@temporalio/client';
import { makeNamespace } from '../temporal/connect-errors';
import { type TemporalSettings, connectClient } from '../temporal/connection';
import { type HostAnswer, askHosts, knownHosts } from '../temporal/hosts';
import { missingSearchAttributes } from '../temporal/search-attributes';
import { machinesOf, orchestratorsOf, otherMachines } from '../temporal/workers';
import { type Finding, fail, ok, textOf, warn } from './finding';
import { lookAtAccess } from './temporal-access';

/** NOT_FOUND of gRPC. */
const NOT_FOUND = 5;
const DAY_SECONDS = 86_400;
/** A difference that cannot be the way of the answer. */
const MOST_SKEW_MS = 5_000;

/** `host`: whose agent belongs to this machine; null where none does. */
export async function lookAtTemporal(settings: TemporalSettings, host: string | null): Promise<Finding[]> {
  const { address } = settings;
  const access = lookAtAccess(settings);
  const keysFail = access.some(({ verdict, subject }) => verdict === 'fail' && subject === 'payload codec');
  let client: Client;
  try {
    client = await connectClient(keysFail ? { ...settings, codecKeys: undefined } : settings);
  } catch (error) {
    return [
      ...access,
      fail(
        'server',
        textOf(error),
        'Start it, or let this machine reach it; a look: temporal server start-dev',
      ),
    ];
  }
  try {
    const namespace = await lookAtNamespace(client);
    const server = ok('server', `${address}, version ${await serverVersion(client)}`);
    if (namespace.verdict === 'fail') return [...access, server, namespace];
    const [attributes, orchestrators, agents] = await Promise.all([
      lookAtAttributes(client),
      lookAtOrchestrators(client),
      lookAtAgents(client, host),
    ]);
    return [...access, server, namespace, attributes, orchestrators, ...agents];
  } finally {
    await client.connection.close();
  }
}

async function serverVersion({ workflowService }: Client): Promise<string> {
  return (await workflowService.getSystemInfo({})).serverVersion || 'unknown';
}

async function lookAtNamespace({ workflowService, options: { namespace } }: Client): Promise<Finding> {
  const subject = `namespace ${namespace}`;
  try {
    const { config } = await workflowService.describeNamespace({ namespace });
    return judgeRetention(subject, Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0));
  } catch (error) {
    const fix =
      (error as { code?: number }).code === NOT_FOUND
        ? makeNamespace(namespace)
        : 'Let this identity (certificate or API key) use the namespace.';
    return fail(subject, textOf(error), fix);
  }
}

export function judgeRetention(subject: string, seconds: number): Finding {
  const days = seconds / DAY_SECONDS;
  const found = `what has ended is kept for ${days >= 1 ? `${Math.floor(days)} day(s)` : `${Math.round(seconds / 3600)} h`}`;
  if (seconds > 0 && seconds < DAY_SECONDS)
    return warn(
      subject,
      `${found}, then its report is gone`,
      'Keep it longer: temporal operator namespace update --retention 30d',
    );
  return ok(subject, found);
}

async function lookAtAttributes({ connection, options: { namespace } }: Client): Promise<Finding> {
  const subject = 'search attributes';
  try {
    const missing = await missingSearchAttributes({ connection, namespace });
    if (missing.length === 0) return ok(subject, 'all there');
    return warn(
      subject,
      `${missing.map(({ name }) => name).join(', ')} missing: migrations cannot be listed by them`,
      'Make them, when every orchestrator is of this version: vgpu-ferry setup',
    );
  } catch (error) {
    return warn(subject, `not known: ${textOf(error)}`, 'Let a person with the right look: vgpu-ferry setup');
  }
}

async function lookAtOrchestrators(client: Client): Promise<Finding> {
  const subject = 'orchestrator';
  const names = await orchestratorsOf(client);
  if (names.length > 0) return ok(subject, names.join(', '));
  return fail(
    subject,
    'none has polled in the last minutes: migrations wait',
    'Run one: vgpu-ferry orchestrator',
  );
}

async function lookAtAgents(client: Client, host: string | null): Promise<Finding[]> {
  const known = await knownHosts(client);
  const hosts = host === null || known.includes(host) ? known : [host, ...known];
  const answers = await askHosts(client, hosts);
  const others = answers.map((answer) => judgeAgent(answer, host, Date.now()));
  return host === null
    ? others
    : [...others, ...judgeNamesakes(host, await machinesOf(client, host), os.hostname())];
}

export function judgeAgent(answer: HostAnswer, own: string | null, now: number): Finding {
  const subject = `agent of ${answer.host}`;
  if (!answer.answers && answer.fix !== undefined) return warn(subject, answer.found, answer.fix);
  if (!answer.answers)
    return answer.host === own
      ? warn(subject, `${answer.found} (this host's own)`, 'Start it: vgpu-ferry agent; or see its log.')
      : warn(subject, answer.found, `Start it on ${answer.host}, or see its log there.`);
  const skew = now - Date.parse(answer.inventory.at);
  if (Math.abs(skew) > MOST_SKEW_MS)
    return warn(
      subject,
      `answers, but its clock is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'behind' : 'ahead of'} this machine's`,
      'Run a time service on both: chrony, systemd-timesyncd or ntpd.',
    );
  return ok(subject, `answers, protocol ${answer.inventory.protocol}`);
}

/** `machines`: names of those whose workers have polled this host's queues. */
export function judgeNamesakes(host: string, machines: readonly string[], self: string): Finding[] {
  const others = otherMachines(machines, self);
  if (others.length === 0) return [];
  return [
    fail(
      `host id ${host}`,
      `used by ${others.join(', ')} too; this machine is ${self}`,
      'Give each host an id of its own ("host" in the configuration). Two agents of one id get each other’s steps.',
    ),
  ];
}
