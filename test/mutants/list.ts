/** The mutants: one wrong each, in a copy of the sources, and who has to notice it. */

/** What is run against the copy: jest on a test file, or chaos schedules by their seeds. */
export type Check = { jest: string; tests?: string } | { seeds: readonly number[] };

export interface Mutant {
  name: string;
  file: string;
  /** Stands in the file exactly once. */
  from: string;
  to: string;
  caughtBy: Check;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a rule of the ownership table reversed: held on the destination, stopped on the source',
    file: 'workflows/ownership-table.ts',
    from: "when: { sourceRan: false }, owner: 'destination', why: 'the move is complete and held by the fence; the copy on the source is stale', act: ['source', 'destroy']",
    to: "when: { sourceRan: false }, owner: 'source', why: 'the move is complete and held by the fence; the copy on the source is stale', act: ['destination', 'destroy']",
    caughtBy: { jest: 'test/workflows/ownership.test.ts' },
  },
  {
    name: 'a rule of the ownership table reversed: a destination that does not answer is taken for empty',
    file: 'workflows/ownership-table.ts',
    from: "owner: 'unknown', why: 'the destination does not answer'",
    to: "owner: 'source', why: 'the destination does not answer'",
    caughtBy: { jest: 'test/workflows/ownership.test.ts' },
  },
  {
    name: 'a rule of the ownership table reversed: the source runs, and the copy held on the destination is resumed',
    file: 'workflows/ownership-table.ts',
    from: "why: 'the guest is on the source; the copy on the destination has never run', act: ['destination', 'destroy']",
    to: "why: 'the guest is on the source; the copy on the destination has never run', act: ['destination', 'resume']",
    caughtBy: { seeds: [248, 12036] },
  },
  {
    name: 'the compensation dropped',
    file: 'workflows/live-migrate-vgpu.ts',
    from: 'if (facts.mdevs.length > 0) this.compensations.add(',
    to: 'if (facts.mdevs.length < 0) this.compensations.add(',
    caughtBy: { seeds: [82, 109] },
  },
  {
    name: 'the compensation registered only when the call that it undoes has succeeded',
    file: 'workflows/live-migrate-vgpu.ts',
    from: 'if (failureType(error) !== ErrorType.AgentUnreachable) throw error;',
    to: '',
    caughtBy: { seeds: [18515, 22025, 51382] },
  },
  {
    name: "a record's fsync skipped",
    file: 'src/claims/disk.ts',
    from: 'await written.sync();',
    to: '',
    caughtBy: { jest: 'test/claims/durability.test.ts' },
  },
  {
    name: "a folder's fsync skipped after a rename",
    file: 'src/claims/disk.ts',
    from: 'await disk.sync(dirname(to));',
    to: '',
    caughtBy: { jest: 'test/claims/durability.test.ts' },
  },
  {
    name: 'abort and adopt swapped: a shutdown ends the job, an abort leaves it',
    file: 'activities/interruption.ts',
    from: "isAbort(context) ? ('abort' as const) : ('detach' as const)",
    to: "isAbort(context) ? ('detach' as const) : ('abort' as const)",
    caughtBy: {
      jest: 'test/activities/interruption.test.ts',
      tests: 'a cancel from the workflow ends the job',
    },
  },
  {
    name: 'the target resumed without a look at the source',
    file: 'activities/migration-job.ts',
    from: 'if (hasLeft(here) && (there',
    to: 'if ((there',
    caughtBy: { jest: 'test/activities/migrate-guest.test.ts' },
  },
  {
    name: 'the fence dropped',
    file: 'activities/migration-job.ts',
    from: "startPaused: policy.switchover === 'fenced'",
    to: 'startPaused: false',
    caughtBy: { seeds: [248, 12036] },
  },
  {
    name: 'the check for a late claim removed',
    file: 'activities/destination.ts',
    from: 'if (isLate())',
    to: 'if (isLate() && false)',
    caughtBy: { jest: 'test/activities/claim.test.ts' },
  },
  {
    name: 'a device handed back as the failed migration has left it',
    file: 'activities/devices.ts',
    from: 'if (!recycle) return',
    to: 'if (recycle || !recycle) return',
    caughtBy: { seeds: [120, 276] },
  },
  {
    name: 'an act done without looking again',
    file: 'activities/guest.ts',
    from: 'requireAsExpected(host, input, await observe(deps, guest));',
    to: '',
    caughtBy: { jest: 'test/activities/guest.test.ts' },
  },
  {
    name: 'a claim whose first attempt was lost taken for one that nobody has seen',
    file: 'workflows/failures.ts',
    from: 'Boolean(timeout.cause ?? timeout.failure?.cause)',
    to: 'Boolean(timeout.cause)',
    caughtBy: { jest: 'test/workflows/failures.test.ts' },
  },
  {
    name: 'an operator names a copy, and that one is destroyed instead of the other',
    file: 'workflows/resolution.ts',
    from: "act: actOn(other, 'destroy', sides)",
    to: "act: actOn(kept, 'destroy', sides)",
    caughtBy: { jest: 'test/workflows/resolution.test.ts' },
  },
  {
    name: 'a look at the source through its peer counts also when the guest still shows there',
    file: 'workflows/look.ts',
    from: "if (side === 'destination' || this.isGone(told)) seen",
    to: 'seen',
    caughtBy: { jest: 'test/workflows/look.test.ts', tests: 'a source whose agent is away' },
  },
  {
    name: "at the source's end the fence resumes without looking whether the target is complete",
    file: 'activities/fence.ts',
    from: 'const resumed = await peer.resumeIfHeld(guest);',
    to: 'const resumed = await peer.resume(guest).then(() => true);',
    caughtBy: { jest: 'test/activities/fence.test.ts' },
  },
  {
    name: 'the sweep takes every migration for over, without asking Temporal',
    file: 'activities/reconcile-look.ts',
    from: 'await this.migrations.stateOf(of)',
    to: "await Promise.resolve('closed' as const)",
    caughtBy: { jest: 'test/activities/reconcile.test.ts' },
  },
  {
    name: 'a migrate step that nobody inspected for goes unencrypted, though the host requires TLS',
    file: 'activities/migration-job.ts',
    from: '  requireEncryption(deps, input.destination);\n',
    to: '',
    caughtBy: { jest: 'test/activities/require-tls.test.ts' },
  },
  {
    name: "a peer's connection that is not encrypted is used, though the host requires TLS",
    file: 'activities/peer.ts',
    from: 'if (failed.length > 0) throw preCheckFailure(failed);\n  return hypervisor',
    to: 'return hypervisor',
    caughtBy: { jest: 'test/activities/require-tls.test.ts' },
  },
  {
    name: 'libvirt is not asked for TLS',
    file: 'src/hypervisor/libvirt/job-operations.ts',
    from: 'request.channel.tls ? VIR_MIGRATE_TLS : 0',
    to: '0',
    caughtBy: { jest: 'test/hypervisor/libvirt/migrate-flags.test.ts' },
  },
  {
    name: "a step taken from anybody's workflow",
    file: 'activities/caller.ts',
    from: 'return isItsOwn && workflowType',
    to: 'return workflowType',
    caughtBy: { jest: 'test/activities/caller.test.ts' },
  },
  {
    name: 'a hostdev that libvirt reads as a mediated device, not seen here',
    file: 'src/domain-xml/mdevs.ts',
    from: "[mode = 'subsystem', type = '']",
    to: "[mode = '', type = '']",
    caughtBy: { jest: 'test/fuzz/fuzz.test.ts', tests: 'domain-xml' },
  },
];
