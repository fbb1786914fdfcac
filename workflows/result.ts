/** What a migration that has arrived returns. */
import type { Claim, CompleteInput, MigrateOutcome, MigrationResult, SourceFacts } from '../src/contract';

interface Arrival extends Pick<MigrationResult, 'switchover' | 'abortWasTooLate' | 'stages' | 'warnings'> {
  input: CompleteInput;
  facts: SourceFacts;
  claim: Claim;
  outcome: MigrateOutcome;
}

export function resultOf({ input, facts, claim, outcome, ...rest }: Arrival): MigrationResult {
  const { guest, source, destination } = input;
  return {
    ...{ guest, guestName: facts.guestName, source, destination, runsOn: destination },
    mdevs: claim.mdevs.map((mdev) => ({ type: mdev.type, source: mdev.source, target: mdev.target })),
    job: outcome.job,
    ...rest,
  };
}
