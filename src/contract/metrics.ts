/**
 * Every series that the programs tell Prometheus, beside the SDK's own (`temporal_…`): docs/reference-metrics.md is made of
 * this table, and alerts and dashboard may use no others. No label ever names a guest: there is no end to those.
 */

export interface Series {
  name: string;
  kind: 'counter' | 'gauge' | 'histogram';
  /** Which program tells it. */
  from: 'agent' | 'orchestrator' | 'both';
  unit: string;
  help: string;
  /** Meaning by label. `host` is an agent's own id, and those that Temporal knows: not what somebody types. */
  labels: Readonly<Record<string, string>>;
  /** Upper bounds of a histogram's buckets, in its unit. */
  buckets?: readonly number[];
}

/** A value of a gauge. */
export interface Sample {
  series: Series;
  labels: Readonly<Record<string, string>>;
  value: number;
}

const HOST = { host: 'host id' };

/** Around libvirt's own maximum downtime (0.3 s), Nova's (0.5 s), and what force-complete allows (30 s). */
const DOWNTIME_BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30, 60];

/** From a check's fraction of a second to a large guest's hours. */
const STAGE_BUCKETS_S = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600];

export const METRICS = {
  // Counted by the workflow: see workflows/telemetry.ts for what makes that right.
  migrationsBegun: {
    ...{
      name: 'vgpu_ferry_migrations_begun_total',
      kind: 'counter',
      from: 'orchestrator',
      unit: 'migrations',
    },
    help: 'Migrations begun',
    labels: {},
  },
  migrationsEnded: {
    ...{
      name: 'vgpu_ferry_migrations_ended_total',
      kind: 'counter',
      from: 'orchestrator',
      unit: 'migrations',
    },
    help: 'Migrations ended; one that was terminated is not counted',
    labels: {
      outcome: '`done`, `aborted` or `failed`',
      cause: 'error type of a failed one (see troubleshooting.md), else `none`',
    },
  },
  stageDuration: {
    ...{
      name: 'vgpu_ferry_stage_duration_seconds',
      kind: 'histogram',
      from: 'orchestrator',
      unit: 'seconds',
    },
    help: 'How long the stages of migrations took',
    labels: {
      stage: '`inspect`, `claim`, `migrate`, `finalize`, `cleanup`, or `undo`',
      result: '`done` or `failed`',
    },
    buckets: STAGE_BUCKETS_S,
  },
  downtime: {
    ...{ name: 'vgpu_ferry_downtime_seconds', kind: 'histogram', from: 'orchestrator', unit: 'seconds' },
    help: "Downtime of migrations that arrived, as libvirt counted it; the fence's own part is not in it",
    labels: { switchover: '`fenced` or `libvirt`' },
    buckets: DOWNTIME_BUCKETS_S,
  },
  downtimeOverLimit: {
    ...{
      name: 'vgpu_ferry_downtime_over_limit_total',
      kind: 'counter',
      from: 'orchestrator',
      unit: 'migrations',
    },
    help: 'Migrations that arrived after a longer downtime than their policy and commands allowed QEMU to plan',
    labels: {},
  },
  movedBytes: {
    ...{ name: 'vgpu_ferry_moved_bytes_total', kind: 'counter', from: 'orchestrator', unit: 'bytes' },
    help: 'Sent by migrations that arrived, RAM and devices together',
    labels: {},
  },
  movedVfioBytes: {
    ...{ name: 'vgpu_ferry_moved_vfio_bytes_total', kind: 'counter', from: 'orchestrator', unit: 'bytes' },
    help: 'Of those, device state of VFIO devices, which a vGPU is (libvirt 10.6 or newer tells it)',
    labels: {},
  },
  attentionRaised: {
    ...{
      name: 'vgpu_ferry_attention_raised_total',
      kind: 'counter',
      from: 'orchestrator',
      unit: 'migrations',
    },
    help: 'Migrations that came to wait for a person',
    labels: { kind: '`split-brain` or `unknown-owner`' },
  },

  // Read from Temporal by each orchestrator: all tell the same, so take the maximum, not the sum.
  running: {
    ...{ name: 'vgpu_ferry_migrations_running', kind: 'gauge', from: 'orchestrator', unit: 'migrations' },
    help: 'Migrations that have not ended',
    labels: {},
  },
  attentionWaiting: {
    ...{ name: 'vgpu_ferry_attention_waiting', kind: 'gauge', from: 'orchestrator', unit: 'migrations' },
    help: 'Migrations that wait for a person, by the search attribute; without it, always 0',
    labels: { kind: '`split-brain` or `unknown-owner`' },
  },
  stepsWaiting: {
    ...{ name: 'vgpu_ferry_steps_waiting', kind: 'gauge', from: 'orchestrator', unit: 'steps' },
    help: 'Steps that must happen and have not: `release` is the undo, the others follow the switchover',
    labels: { step: '`release`, `finalize` or `cleanup`' },
  },
  stepsWaitingLongest: {
    ...{
      name: 'vgpu_ferry_steps_waiting_longest_seconds',
      kind: 'gauge',
      from: 'orchestrator',
      unit: 'seconds',
    },
    help: 'Since when the oldest of those waits for its host; 0 = there is none',
    labels: { step: '`release`, `finalize` or `cleanup`' },
  },
  agentHeard: {
    ...{ name: 'vgpu_ferry_agent_heard', kind: 'gauge', from: 'orchestrator', unit: '' },
    help: "1 if Temporal hears the host's agent, 0 if it has been silent for half a minute",
    labels: HOST,
  },

  // Told by each agent of its own host.
  agentInfo: {
    ...{ name: 'vgpu_ferry_agent_info', kind: 'gauge', from: 'agent', unit: '' },
    help: 'Always 1; 0 = as it was before an upgrade of libvirt',
    labels: {
      ...HOST,
      version: "the agent's",
      protocol: "the agent's data version",
      libvirt: 'version',
      qemu: 'version',
      kernel: 'release',
    },
  },
  hypervisorUp: {
    ...{ name: 'vgpu_ferry_hypervisor_up', kind: 'gauge', from: 'agent', unit: '' },
    help: '1 if libvirt has answered the last look at the host, 0 if not',
    labels: HOST,
  },
  inFlight: {
    ...{ name: 'vgpu_ferry_migrations_in_flight', kind: 'gauge', from: 'agent', unit: 'jobs' },
    help: 'Outgoing migration jobs that this agent has in hand',
    labels: HOST,
  },
  jobsEnded: {
    ...{ name: 'vgpu_ferry_jobs_ended_total', kind: 'counter', from: 'agent', unit: 'jobs' },
    help: 'Outgoing migration jobs whose end this agent has seen',
    labels: { ...HOST, cause: 'error type, `none` if the guest has arrived' },
  },
  mdevs: {
    ...{ name: 'vgpu_ferry_mdevs', kind: 'gauge', from: 'agent', unit: 'devices' },
    help: 'Mediated devices; each is counted once (see inventory.md)',
    labels: {
      ...HOST,
      type: 'mdev type id',
      standing: '`free`, `used`, `claimed`, `quarantined` or `inactive`',
    },
  },
  mdevsCreatable: {
    ...{ name: 'vgpu_ferry_mdevs_creatable', kind: 'gauge', from: 'agent', unit: 'devices' },
    help: 'Devices that the parents say can still be made of this type alone',
    labels: { ...HOST, type: 'mdev type id' },
  },
  ledgerRecords: {
    ...{ name: 'vgpu_ferry_ledger_records', kind: 'gauge', from: 'agent', unit: 'records' },
    help: "The host's ledger: claims of migrations under way, devices that we made, devices set aside",
    labels: { ...HOST, kind: '`claimed`, `created` or `quarantined`' },
  },
  oldestClaim: {
    ...{ name: 'vgpu_ferry_oldest_claim_age_seconds', kind: 'gauge', from: 'agent', unit: 'seconds' },
    help: 'Age of the oldest claim; 0 = there is none',
    labels: HOST,
  },
  sweeps: {
    ...{ name: 'vgpu_ferry_sweeps_total', kind: 'counter', from: 'agent', unit: 'sweeps' },
    help: 'Sweeps of this host (see reconcile.md)',
    labels: { ...HOST, result: '`done` or `failed`' },
  },
  lastSweep: {
    ...{
      name: 'vgpu_ferry_last_sweep_timestamp_seconds',
      kind: 'gauge',
      from: 'agent',
      unit: 'seconds since 1970',
    },
    help: "When the last sweep of this host ended well; after a restart, the agent's start until the next",
    labels: HOST,
  },
  sweepInterval: {
    ...{ name: 'vgpu_ferry_sweep_interval_seconds', kind: 'gauge', from: 'agent', unit: 'seconds' },
    help: 'Interval of sweeps as it is configured; 0 = none',
    labels: HOST,
  },
  leaksFound: {
    ...{ name: 'vgpu_ferry_leaks_found_total', kind: 'counter', from: 'agent', unit: 'devices' },
    help: 'Devices that sweeps have given back because a migration that was over had left them',
    labels: {
      ...HOST,
      found: '`claim`, `device` (made by us, unused), or `finished` (its guest had arrived)',
    },
  },
  sweepAttention: {
    ...{ name: 'vgpu_ferry_sweep_attention', kind: 'gauge', from: 'agent', unit: 'findings' },
    help: 'What the last sweep has found for a person to look at',
    labels: HOST,
  },

  lastLook: {
    ...{
      name: 'vgpu_ferry_last_look_timestamp_seconds',
      kind: 'gauge',
      from: 'both',
      unit: 'seconds since 1970',
    },
    help: 'When the gauges that are looked up (of the host; of all migrations) were last brought up to date',
    labels: { host: 'host id of an agent; absent from an orchestrator' },
  },
} as const satisfies Record<string, Series>;

/** For the SDK's runtime: its own buckets are made for milliseconds. */
export function histogramBuckets(): Record<string, number[]> {
  return Object.fromEntries(
    Object.values<Series>(METRICS).flatMap(({ name, buckets }) => (buckets ? [[name, [...buckets]]] : [])),
  );
}

/** Names as they stand in a query: a histogram is three series. */
export function queryNames({ name, kind }: Series): string[] {
  return kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name];
}
