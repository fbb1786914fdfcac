/** Which commands are legal at a moment, and why the others are not. Pure. */
import { type Command, type MigrationProgress, COMMANDS, COMMANDS_PROTOCOL } from '../src/contract';

/** What the rules go by. */
export interface Situation {
  source: string;
  destination: string;
  stage: MigrationProgress['stage'];
  /** The guest is on the destination for good. */
  committed: boolean;
  abortRequested: boolean;
  /** Of the source's agent; null before it was asked. */
  sourceProtocol: number | null;
  /** Hosts that are waited for because they do not answer. */
  away: string[];
  /** Those of them whose hypervisor does not answer either, as far as anybody could ask it. */
  silent: string[];
  /** Nobody can know who owns the guest, or two copies run. */
  undecided: boolean;
}

type Rule = (now: Situation) => string | null;

/** Each gives its reason, or null if it has nothing against the command. */
const RULES: Record<Command, readonly Rule[]> = {
  abort: [ended, notPast, notUndoing],
  forceComplete: [ended, notPast, notUndoing, notAborted, agentKnows],
  setMaxDowntime: [ended, notPast, notUndoing, notAborted, agentKnows],
  setBandwidth: [ended, notPast, notUndoing, notAborted, agentKnows],
  resolve: [ended, somethingWaits],
};

/** Why it is refused now; null = it is legal. */
export function whyRefused(command: Command, now: Situation): string | null {
  for (const rule of RULES[command]) {
    const reason = rule(now);
    if (reason !== null) return reason;
  }
  return null;
}

export function allowedCommands(now: Situation): Command[] {
  return COMMANDS.filter((command) => whyRefused(command, now) === null);
}

function ended({ stage }: Situation): string | null {
  return stage === 'done' ? 'the migration has ended' : null;
}

function notPast({ committed, destination }: Situation): string | null {
  return committed
    ? `the guest is past the switchover: it is on ${destination} for good, and only finishing is left`
    : null;
}

function notUndoing({ stage }: Situation): string | null {
  return stage === 'undoing' ? 'the migration has failed and is being undone already' : null;
}

function notAborted({ abortRequested }: Situation): string | null {
  return abortRequested ? 'an abort was asked for' : null;
}

function agentKnows({ sourceProtocol, source }: Situation): string | null {
  if (sourceProtocol === null || sourceProtocol >= COMMANDS_PROTOCOL) return null;
  return `the agent of ${source} speaks protocol ${sourceProtocol}, and this needs ${COMMANDS_PROTOCOL}: upgrade it`;
}

function somethingWaits({ undecided, away }: Situation): string | null {
  return undecided || away.length > 0
    ? null
    : 'nothing waits for a decision: both hosts answer, and who owns the guest is known';
}
