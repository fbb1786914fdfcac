/** The sweep's decisions: one for each device in the ledger, and what a person has to look at beside them. */
import type { ClaimRecord } from '../claims';
import { type RecordCase, type SweepFacts, caseOfClaim, caseOfNote } from './facts';
import { type SweepAction, type SweepRule, CLAIM_RULES, NOTE_RULES } from './rules';

export interface SweepDecision {
  record: ClaimRecord;
  action: SweepAction;
  why: string;
  attention: string[];
}

export function decideSweep(facts: SweepFacts): SweepDecision[] {
  const { claims, created } = facts.ledger;
  const claimed = new Set(claims.map(({ target }) => target));
  const notes = created.filter(({ target }) => !claimed.has(target));
  return [
    ...claims.map((record) => decideClaim(facts, record)),
    ...notes.map((record) => decideNote(facts, record)),
  ];
}

export function decideClaim(facts: SweepFacts, record: ClaimRecord): SweepDecision {
  return decide(record, caseOfClaim(facts, record), CLAIM_RULES);
}

export function decideNote(facts: SweepFacts, record: ClaimRecord): SweepDecision {
  return decide(record, caseOfNote(facts, record), NOTE_RULES);
}

function decide(record: ClaimRecord, found: RecordCase, rules: readonly SweepRule[]): SweepDecision {
  const rule = rules.find(({ when }) => when(found));
  if (!rule) return { record, action: 'keep', why: 'no rule is for its case', attention: [] };
  const about = `mdev ${record.target} of guest ${record.guest}`;
  const attention = rule.attention === undefined ? [] : [`${about} ${rule.attention}.`];
  return { record, action: rule.action, why: rule.why(found), attention };
}

/** Of the host as a whole: records and domains that can't be read. */
export function hostAttention({ ledger, domains }: SweepFacts): string[] {
  const damaged = ledger.damaged.map(
    ({ uuid, file, reason }) =>
      `${uuid === null ? 'a device' : `mdev ${uuid}`} is not handed out: ${reason}. See after it, then remove ${file}.`,
  );
  const unread = domains
    .filter(({ mdevs }) => mdevs === null)
    .map(
      ({ name, uuid }) =>
        `the mdevs of domain ${name} (${uuid}) could not be read: nothing was given back or removed. See "virsh dumpxml ${uuid}".`,
    );
  return [...damaged, ...unread];
}
