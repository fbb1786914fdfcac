/** What must hold when a run has come to rest, whatever struck. Each finding is a sentence; none = all is well. */
import { type MigrationResult, ErrorType } from '../../src/contract';
import type { FleetState } from '../../src/hypervisor/simulated';
import type { DomainState } from '../../src/hypervisor/simulated/state';
import { type AtRest, domainOn, mdevsIn, uuidsOf } from './at-rest';
import { claimsAreGone, destinationDevices, sourceDevices } from './devices';
import type { Side } from './faults';
import { SECRET } from './lane';
import { sweptWrongs } from './sweep';

type Check = (rest: AtRest) => string[];

export function findWrongs(rest: AtRest): string[] {
  return [...ALWAYS, ...(rest.swept ? SWEPT : UNDONE)].flatMap((check) => check(rest));
}

const ALWAYS: readonly Check[] = [
  (rest) => rest.wrongs.map(({ what }) => what),
  neverTwice,
  userPauseIsKept,
  nothingGoesOn,
  noSecretInHistory,
  everyTaskWasUnderstood,
];

/** The migration has told how it ended, and has left nothing behind. */
const UNDONE: readonly Check[] = [
  wordsAgreeWithFacts,
  resolutionIsObeyed,
  limitsAreObeyed,
  guestIsWhole,
  claimsAreGone,
  destinationDevices,
  sourceDevices,
];

/** It was terminated, or a host was lost in it: the sweeps have done the rest. */
const SWEPT: readonly Check[] = [
  endIsKnown,
  someCopyIsAlive,
  endAgreesWithTheOtherHost,
  (rest) => sweptWrongs(rest, rest.swept!),
];

function neverTwice({ fleet, schedule, before, resolved }: AtRest): string[] {
  const running = sidesRunning(fleet, before.guest);
  return [
    ...(schedule.policy.switchover === 'fenced'
      ? fleet.doubleRuns.map(({ hosts }) => `it ran on ${hosts.join(' and ')} at once`)
      : []),
    ...(running > 1 && (schedule.policy.switchover === 'fenced' || resolved)
      ? ['two copies run in the end']
      : []),
  ];
}

function sidesRunning(fleet: FleetState, guest: string): number {
  return Object.values(fleet.hosts).filter(({ domains }) =>
    domains.some(({ uuid, state }) => uuid === guest && state === 'running'),
  ).length;
}

/** Failures after which the guest is where it was. */
const STAYED: readonly string[] = [
  'canceled',
  ErrorType.PreCheck,
  ErrorType.AgentUnreachable,
  ErrorType.HypervisorUnavailable,
  ErrorType.MigrationFailed,
  ErrorType.Aborted,
  ErrorType.TimedOut,
  ErrorType.OutcomeUnknown,
  ErrorType.StateChanged,
  ErrorType.Mdev,
  ErrorType.ClaimConflict,
  ErrorType.GuestChanged,
];

function wordsAgreeWithFacts(rest: AtRest): string[] {
  const { outcome } = rest;
  if (outcome.kind === 'waits') return keptForAPerson(rest);
  if (outcome.kind === 'completed') return arrived(rest, outcome.result);
  if (outcome.kind === 'terminated') return ['terminated, and not swept'];
  const { type } = outcome;
  if (type === ErrorType.GuestEnded || type === ErrorType.GuestNotFound) return gone(rest, type);
  return STAYED.includes(type) ? stayed(rest, type) : [`failed with ${type}: ${outcome.message}`];
}

function resolutionIsObeyed({ resolved, outcome }: AtRest): string[] {
  if (resolved === null || !('guestIsOn' in resolved)) return [];
  const required = resolved.guestIsOn === 'destination' ? 'completed' : 'failed';
  return outcome.kind === required
    ? []
    : [`an operator has said that the guest is on the ${resolved.guestIsOn}; the migration: ${outcome.kind}`];
}

/** It is ended by a limit only where there is one. */
function limitsAreObeyed({ outcome, schedule }: AtRest): string[] {
  const limited = schedule.theme === 'limits';
  return outcome.kind === 'failed' && outcome.type === ErrorType.TimedOut && !limited
    ? ['it timed out without a limit']
    : [];
}

function endIsKnown({ outcome }: AtRest): string[] {
  if (outcome.kind !== 'failed') return [];
  const known = [...STAYED, ErrorType.GuestEnded, ErrorType.GuestNotFound].includes(outcome.type);
  return known ? [] : [`failed with ${outcome.type}: ${outcome.message}`];
}

function someCopyIsAlive(rest: AtRest): string[] {
  const alive = domainOn(rest, 'source')?.live ?? domainOn(rest, 'destination')?.live;
  return alive || mayHaveEnded(rest) ? [] : ['no copy is alive'];
}

/** With one host lost, the other one still shows whether the end that was told is true. */
function endAgreesWithTheOtherHost(rest: AtRest): string[] {
  const { outcome, struck } = rest;
  const blow = struck.map(({ fault }) => fault.blow).find(({ kind }) => kind === 'host lost');
  if (blow?.kind !== 'host lost' || outcome.kind === 'terminated' || outcome.kind === 'waits') return [];
  const other: Side = blow.on === 'source' ? 'destination' : 'source';
  const alive = Boolean(domainOn(rest, other)?.live);
  const said = outcome.kind === 'completed' ? 'completed' : outcome.type;
  const isHere: Record<Side, boolean> = {
    source: outcome.kind === 'failed' && STAYED.includes(said),
    destination: outcome.kind === 'completed',
  };
  return alive === isHere[other]
    ? []
    : [`says ${said}, and the guest is ${alive ? '' : 'not '}alive on the ${other}`];
}

/** Whoever decides later finds a copy to decide on, and its devices still claimed. */
function keptForAPerson(rest: AtRest): string[] {
  const [here, there] = [domainOn(rest, 'source'), domainOn(rest, 'destination')];
  const claimed = uuidsOf(rest.ledger.destination.claims);
  return [
    ...(here?.live || there?.live || mayHaveEnded(rest) ? [] : ['it waits, and no copy is alive']),
    ...mdevsIn(there?.live?.xml)
      .filter((mdev) => !claimed.includes(mdev))
      .map((mdev) => `it waits, and the claim on ${mdev} is gone`),
  ];
}

function arrived(rest: AtRest, { runsOn }: MigrationResult): string[] {
  return [
    ...(runsOn === rest.hosts.destination ? [] : [`says that it runs on ${runsOn}`]),
    ...aliveThere(rest, domainOn(rest, 'destination')),
    ...(domainOn(rest, 'source') ? ['completed; the source still has it'] : []),
  ];
}

function gone(rest: AtRest, type: string): string[] {
  const alive = domainOn(rest, 'source')?.live ?? domainOn(rest, 'destination')?.live;
  return [
    ...(mayHaveEnded(rest) ? [] : [`says ${type}, and nothing had ended it`]),
    ...(alive ? [`says ${type}, and a copy is alive`] : []),
  ];
}

function stayed(rest: AtRest, type: string): string[] {
  const there = domainOn(rest, 'destination');
  return [
    ...aliveThere(rest, domainOn(rest, 'source')),
    ...(there ? [`failed with ${type}; the destination still has it`] : []),
  ];
}

function aliveThere(rest: AtRest, domain: DomainState | undefined): string[] {
  if (domain?.live || mayHaveEnded(rest)) return [];
  return [
    `the guest is lost: ${domain ? `${domain.state} (${domain.reason})` : 'absent'} where it should be`,
  ];
}

function mayHaveEnded({ struck }: AtRest): boolean {
  return struck.some(({ fault: { blow } }) => blow.kind === 'QEMU killed' || blow.kind === 'host lost');
}

/** Its state and configuration are as before, but for the mdev UUIDs. */
function guestIsWhole(rest: AtRest): string[] {
  const { outcome, before } = rest;
  if (outcome.kind === 'waits') return [];
  const domain = owner(rest);
  if (!domain) return [];
  const mapping = outcome.kind === 'completed' ? outcome.result.mdevs : [];
  const rewritten = (xml: string | undefined): string | undefined =>
    mapping.reduce((text, { source, target }) => text?.replaceAll(source, target), xml);
  const differs = (what: string, found: unknown, required: unknown): string[] =>
    found === required ? [] : [`its ${what} was ${String(required)}, and is ${String(found)}`];
  return [
    ...differs('definition', domain.inactive?.xml, rewritten(before.domain.inactive?.xml)),
    ...(domain.live ? differs('live XML', domain.live.xml, rewritten(before.domain.live?.xml)) : []),
    ...differs('autostart', domain.autostart, before.domain.autostart),
    ...(domain.live && domain.state !== before.domain.state
      ? [`it was ${before.domain.state}, and is ${domain.state} (${domain.reason})`]
      : []),
  ];
}

function userPauseIsKept({ schedule, fleet, before }: AtRest): string[] {
  if (!schedule.guest.pausedByUser) return [];
  return sidesRunning(fleet, before.guest) > 0 ? ['its user had paused it, and it runs'] : [];
}

function nothingGoesOn({ fleet, before, jobsInAgents }: AtRest): string[] {
  const jobs = fleet.jobs.filter(({ guest, step }) => guest === before.guest && step !== 'ended');
  return [
    ...jobs.map(({ step }) => `a job still goes on (${step})`),
    ...(jobsInAgents > 0 ? [`${jobsInAgents} job(s) still known to the agents`] : []),
  ];
}

function noSecretInHistory({ history, before }: AtRest): string[] {
  if (!history.includes(before.guest)) return ['the history could not be searched'];
  return [SECRET, '<domain', '<hostdev', 'passwd'].flatMap((word) =>
    history.includes(word) ? [`the history holds ${word}`] : [],
  );
}

function everyTaskWasUnderstood({ misunderstood }: AtRest): string[] {
  return misunderstood;
}

function owner(rest: AtRest): DomainState | undefined {
  return domainOn(rest, rest.outcome.kind === 'completed' ? 'destination' : 'source');
}
