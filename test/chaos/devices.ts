/** What must hold of claims and devices when a migration has ended by itself: none is left, and none is gone. */
import { ErrorType } from '../../src/contract';
import { type AtRest, domainOn, hostOf, mdevsIn, uuidsOf } from './at-rest';

export function claimsAreGone({ outcome, ledger }: AtRest): string[] {
  if (outcome.kind === 'waits') return [];
  return (['source', 'destination'] as const).flatMap((side) =>
    ledger[side].claims.map((file) => `a claim was left on the ${side}: ${file}`),
  );
}

export function destinationDevices(rest: AtRest): string[] {
  const { outcome, before, ledger, struck } = rest;
  if (outcome.kind === 'waits') return [];
  const host = hostOf(rest, 'destination');
  const set = uuidsOf(ledger.destination.quarantine);
  const domain = domainOn(rest, 'destination');
  const used = new Set([...mdevsIn(domain?.live?.xml), ...mdevsIn(domain?.inactive?.xml)]);
  const required = new Set([...before.spare.filter((uuid) => !set.includes(uuid)), ...used]);
  const found = host.mdevs.map(({ uuid }) => uuid).filter((uuid) => !set.includes(uuid));
  const refused = struck.some(({ fault }) => fault.blow.kind === 'call fails' && !fault.blow.lost);
  return [
    ...found.filter((uuid) => !required.has(uuid)).map((uuid) => `mdev ${uuid} was left on the destination`),
    ...[...required]
      .filter((uuid) => !found.includes(uuid))
      .map((uuid) => `mdev ${uuid} is gone from the destination`),
    ...host.mdevs
      .filter(({ uuid, resuming }) => resuming && !used.has(uuid) && !set.includes(uuid))
      .map(({ uuid }) => `mdev ${uuid} on the destination was left stuck`),
    ...(set.length > 0 && !refused ? [`${set.length} device(s) in quarantine for no reason`] : []),
    ...sameSet(
      'devices noted as made by us on the destination',
      uuidsOf(ledger.destination.created),
      [...used].filter((uuid) => !before.spare.includes(uuid)),
    ),
  ];
}

export function sourceDevices(rest: AtRest): string[] {
  const { outcome, before, ledger, schedule } = rest;
  if (outcome.kind === 'waits') return [];
  const host = hostOf(rest, 'source');
  const removed =
    outcome.kind === 'completed' && schedule.sourceDevicesOurs && schedule.policy.sourceMdevs === 'remove';
  // it has arrived and ended there, or has ended here: both are told as an ended guest
  if (outcome.kind === 'failed' && outcome.type === ErrorType.GuestEnded) return [];
  const required = removed ? [] : before.sourceMdevs;
  return [
    ...sameSet(
      'devices of the source',
      host.mdevs.map(({ uuid }) => uuid),
      required,
    ),
    ...sameSet(
      'devices noted as made by us on the source',
      uuidsOf(ledger.source.created),
      schedule.sourceDevicesOurs ? required : [],
    ),
    ...ledger.source.quarantine.map((file) => `in quarantine on the source: ${file}`),
  ];
}

function sameSet(what: string, found: string[], required: string[]): string[] {
  const [a, b] = [found, required].map((uuids) => [...uuids].sort().join(', '));
  return a === b ? [] : [`${what}: found [${a}], required [${b}]`];
}
