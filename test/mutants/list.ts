/** The mutants: one wrong each, in a copy of the sources, and who has to notice it. */

/** What is run against the copy: jest on a test file, or chaos schedules by their seeds. */
export type Check = { jest: string; tests?: string } | { seeds: readonly number[] };

export interface Mutant {
  name: string;
  file: string;
  /** Each text stands in the file exactly once. */
  edits: readonly { from: string; to: string }[];
  caughtBy: Check;
}

const moved = (file: string, from: string, to: string): Pick<Mutant, 'file' | 'edits'> => ({
  file,
  edits: [{ from, to }],
});

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a rule of the ownership table reversed: held on the destination, stopped on the source',
    ...moved(
      'workflows/ownership-table.ts',
      "when: { sourceRan: false }, owner: 'destination', why: 'the move is complete and held by the fence; the copy on the source is stale', act: ['source', 'destroy']",
      "when: { sourceRan: false }, owner: 'source', why: 'the move is complete and held by the fence; the copy on the source is stale', act: ['destination', 'destroy']",
    ),
    caughtBy: { jest: 'test/workflows/ownership.test.ts' },
  },
  {
    name: 'a rule of the ownership table reversed: a destination that does not answer is taken for empty',
    ...moved(
      'workflows/ownership-table.ts',
      "owner: 'unknown', why: 'the destination does not answer'",
      "owner: 'source', why: 'the destination does not answer'",
    ),
    caughtBy: { seeds: [1329, 2010, 3860, 7625, 11884, 13861, 15133, 16870] },
  },
  {
    name: 'the compensation dropped',
    ...moved(
      'workflows/live-migrate-vgpu.ts',
      "if (facts.mdevs.length > 0) this.compensations.add('release the claim', () => this.releaseClaim());",
      '',
    ),
    caughtBy: { seeds: [68, 82, 109, 211] },
  },
  {
    name: 'the compensation registered after the call that it undoes',
    file: 'workflows/live-migrate-vgpu.ts',
    edits: [
      {
        from: "if (facts.mdevs.length > 0) this.compensations.add('release the claim', () => this.releaseClaim());",
        to: '',
      },
      {
        from: 'this.claimId = claim.claimId;',
        to: "this.claimId = claim.claimId;\n      this.compensations.add('release the claim', () => this.releaseClaim());",
      },
    ],
    caughtBy: { seeds: [6747, 6979, 8153, 18515] },
  },
  {
    name: "a record's fsync skipped",
    ...moved('src/claims/disk.ts', 'await disk.sync(path + TEMPORARY);', ''),
    caughtBy: { jest: 'test/claims/durability.test.ts' },
  },
  {
    name: "a folder's fsync skipped after a rename",
    ...moved('src/claims/disk.ts', 'await disk.sync(dirname(to));', ''),
    caughtBy: { jest: 'test/claims/durability.test.ts' },
  },
  {
    name: 'abort and adopt swapped: a shutdown ends the job, an abort leaves it',
    ...moved(
      'activities/interruption.ts',
      "isAbort(context) ? ('abort' as const) : ('detach' as const)",
      "isAbort(context) ? ('detach' as const) : ('abort' as const)",
    ),
    caughtBy: {
      jest: 'test/activities/interruption.test.ts',
      tests: 'a cancel from the workflow ends the job',
    },
  },
  {
    name: 'the target resumed without a look at the source',
    ...moved('activities/migration-job.ts', 'if (hasLeft(here) && (there', 'if ((there'),
    caughtBy: { jest: 'test/activities/migrate-guest.test.ts' },
  },
  {
    name: 'the fence dropped',
    ...moved(
      'activities/migration-job.ts',
      "startPaused: policy.switchover === 'fenced'",
      'startPaused: false',
    ),
    caughtBy: { seeds: [29, 61, 248, 466] },
  },
  {
    name: 'the check for a late claim removed',
    ...moved('activities/destination.ts', 'if (isLate())', 'if (isLate() && false)'),
    caughtBy: { jest: 'test/activities/claim.test.ts' },
  },
  {
    name: 'a device handed back as the failed migration has left it',
    ...moved('activities/devices.ts', 'if (!recycle) return', 'if (recycle || !recycle) return'),
    caughtBy: { seeds: [120, 276, 390, 549] },
  },
  {
    name: 'an act done without looking again',
    ...moved('activities/guest.ts', 'requireAsExpected(host, input, await observe(deps, guest));', ''),
    caughtBy: { jest: 'test/activities/guest.test.ts' },
  },
];
