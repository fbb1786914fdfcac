/** Pure: what a host's sweep does with each device that the ledger knows of. */
export { type SweepDecision, decideClaim, decideNote, decideSweep, hostAttention } from './decide';
export {
  type DomainFacts,
  type RecordCase,
  type SweepFacts,
  caseOfClaim,
  caseOfNote,
  guestCase,
} from './facts';
export { type SweepAction, CLAIM_RULES, NOTE_RULES } from './rules';
