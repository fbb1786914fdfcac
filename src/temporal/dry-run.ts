/** All checks of a migration on both hosts, before there is one. Nothing is started, claimed or touched. */
import {
  ActivityExecutionFailedError,
  ApplicationFailure,
  type Client,
  WorkflowNotFoundError,
} from '@temporalio/client';
import {
  type CheckDestinationInput,
  type DestinationFacts,
  type DryRun,
  type FailedCheck,
  type HostActivities,
  type InspectInput,
  type MigrationInput,
  type MigrationRef,
  type SourceFacts,
  ErrorType,
  REQUIRED_AGENT_PROTOCOL,
  UNKNOWN_TYPE,
  migrationWorkflowId,
} from '../contract';
import { askAgent, whyUnanswered } from './ask-agent';
import { migrationOf } from './migrations';

type Answer<Facts> = { facts: Facts; failed: FailedCheck[] } | { facts: null; failed: [FailedCheck] };

export async function dryRun(
  client: Client,
  { guest, source, destination }: Pick<MigrationInput, 'guest' | 'source' | 'destination'>,
): Promise<DryRun> {
  const migration: MigrationRef = {
    ...{ workflow: migrationWorkflowId(guest), run: 'dry-run', guest },
    requiredProtocol: REQUIRED_AGENT_PROTOCOL,
  };
  const here = await ask<SourceFacts>(client, source, 'inspectSource', { migration, destination });
  const requests = (here.facts?.mdevs ?? []).map(({ uuid, type }) => ({
    source: uuid,
    type: type ?? UNKNOWN_TYPE,
  }));
  const there = await ask<DestinationFacts>(client, destination, 'checkDestination', { migration, requests });
  const failed = [...(await underWay(client, guest, source)), ...here.failed, ...there.failed];
  return {
    ...{ guest, source, destination, ...toldBySource(here.facts) },
    ready: failed.length === 0,
    hosts: { source: sideOf(here.facts), destination: sideOf(there.facts) },
    planned: there.facts?.mdevs ?? [],
    failed,
  };
}

function toldBySource(
  facts: SourceFacts | null,
): Pick<DryRun, 'guestName' | 'devices' | 'way' | 'qemuAsked'> {
  return {
    guestName: facts?.guestName ?? null,
    devices: facts?.mdevs ?? null,
    way: facts?.way ?? null,
    qemuAsked: facts?.qemuAsked ?? null,
  };
}

async function ask<Facts extends { failed: FailedCheck[] }>(
  client: Client,
  host: string,
  activity: keyof HostActivities,
  input: CheckDestinationInput | InspectInput,
): Promise<Answer<Facts>> {
  const { guest } = input.migration;
  try {
    const question = { activity, id: `${activity}:${host}:${guest}`, args: [input] };
    const facts = await askAgent<Facts>(client, host, { ...question, takenWithin: '5 seconds' });
    return { facts, failed: facts.failed };
  } catch (error) {
    if (!(error instanceof ActivityExecutionFailedError)) throw error;
    return { facts: null, failed: [unanswered(host, activity, error)] };
  }
}

function unanswered(host: string, activity: string, error: ActivityExecutionFailedError): FailedCheck {
  const { cause } = error;
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  const found = whyUnanswered(error);
  const check = {
    check: 'agent-answers',
    host,
    found,
    required: `an agent with host id "${host}" that answers`,
  };
  if (type === ErrorType.GuestNotFound)
    return {
      ...{ ...check, check: 'guest-found', required: 'the guest on this host' },
      fix: 'Name the host that it is on: vgpu-ferry guests',
    };
  if (type === 'NotFoundError')
    return {
      ...{ ...check, found: `the agent does not know ${activity}` },
      fix: `Upgrade the agent on ${host}; a migration itself makes the same checks.`,
    };
  if (type !== undefined) return { ...check, fix: 'Mend what it says.' };
  return { ...check, fix: 'Check the name, and start the agent there.' };
}

/** Two migrations of one guest exclude each other. */
async function underWay(client: Client, guest: string, source: string): Promise<FailedCheck[]> {
  try {
    const { status } = await migrationOf(client, guest).describe();
    if (status.name !== 'RUNNING') return [];
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
  return [
    {
      ...{ check: 'not-migrating', host: source },
      found: `a migration of this guest is under way (${migrationWorkflowId(guest)})`,
      required: 'none',
      fix: `Follow it: vgpu-ferry watch ${guest}`,
    },
  ];
}

function sideOf(facts: SourceFacts | DestinationFacts | null): DryRun['hosts']['source'] {
  return facts && { protocol: facts.protocol, versions: facts.versions };
}
