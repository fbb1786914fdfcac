/** Operations on a domain's migration job, as the connection's thread runs them. */
import type { JobKind } from '../../contract';
import type { JobStats, MigrateSettings, RunningJobStats } from '../port';
import {
  VIR_DOMAIN_JOB_DATA_PROCESSED,
  VIR_DOMAIN_JOB_DOWNTIME,
  VIR_DOMAIN_JOB_MEMORY_BPS,
  VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE,
  VIR_DOMAIN_JOB_MEMORY_ITERATION,
  VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE,
  VIR_DOMAIN_JOB_MEMORY_PROCESSED,
  VIR_DOMAIN_JOB_MEMORY_REMAINING,
  VIR_DOMAIN_JOB_MEMORY_TOTAL,
  VIR_DOMAIN_JOB_NONE,
  VIR_DOMAIN_JOB_OPERATION,
  VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN,
  VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT,
  VIR_DOMAIN_JOB_STATS_COMPLETED,
  VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED,
  VIR_DOMAIN_JOB_TIME_ELAPSED,
  VIR_DOMAIN_JOB_VFIO_DATA_TRANSFERRED,
  VIR_ERR_NO_DOMAIN,
  VIR_ERR_NO_SUPPORT,
  VIR_ERR_OPERATION_INVALID,
  VIR_ERR_OPERATION_UNSUPPORTED,
  VIR_MIGRATE_LIVE,
  VIR_MIGRATE_PARAM_BANDWIDTH,
  VIR_MIGRATE_PARAM_DEST_XML,
  VIR_MIGRATE_PARAM_PERSIST_XML,
  VIR_MIGRATE_PARAM_TLS_DESTINATION,
  VIR_MIGRATE_PARAM_URI,
  VIR_MIGRATE_PAUSED,
  VIR_MIGRATE_PEER2PEER,
  VIR_MIGRATE_PERSIST_DEST,
  VIR_MIGRATE_TLS,
  VIR_MIGRATE_UNDEFINE_SOURCE,
} from './constants';
import { checked, type Context, domainOf, unless } from './context';
import { stoppedByMigration } from './domain-state';
import { LibvirtFailure } from './errors';
import type { Handle } from './library';
import { TypedParams } from './typed-params';

/** What libvirt's QEMU driver takes for "no limit": the largest number of MiB/s whose bytes fit into 63 bits. */
const UNLIMITED_MIBPS = 8_796_093_022_207;

export function jobStats(context: Context, guest: string): RunningJobStats | undefined {
  return unless(NO_RUNNING_JOB, () => {
    const domain = domainOf(context, guest);
    const stats = statsOf(context, domain, 0);
    return stats && { ...stats, guestStopped: stoppedByMigration(context, domain) };
  });
}

export function completedJobStats(context: Context, guest: string): JobStats | undefined {
  const kept = VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED;
  return unless([VIR_ERR_NO_DOMAIN], () => statsOf(context, domainOf(context, guest), kept));
}

/** Not there, not running, or an incoming migration, whose numbers only the source knows. */
const NO_RUNNING_JOB = [VIR_ERR_NO_DOMAIN, VIR_ERR_OPERATION_INVALID, VIR_ERR_OPERATION_UNSUPPORTED] as const;

/** What libvirt's refusals tell about the job: it gives no statistics of an incoming one, and so says that it is there. */
const KIND_BY_REFUSAL: Readonly<Record<number, JobKind>> = {
  [VIR_ERR_OPERATION_UNSUPPORTED]: 'incoming',
  // The domain is not running.
  [VIR_ERR_OPERATION_INVALID]: 'none',
  // A driver without migration, such as test:///.
  [VIR_ERR_NO_SUPPORT]: 'none',
};

export function jobKindOf(context: Context, domain: Handle): JobKind {
  try {
    return statsOf(context, domain, 0)?.kind ?? 'none';
  } catch (error) {
    const kind = error instanceof LibvirtFailure ? KIND_BY_REFUSAL[error.code] : undefined;
    if (kind === undefined) throw error;
    return kind;
  }
}

function statsOf(context: Context, domain: Handle, flags: number): JobStats | undefined {
  const params = TypedParams.empty(context);
  const type = [VIR_DOMAIN_JOB_NONE];
  params.filledBy((list, count) => context.library.virDomainGetJobStats(domain, type, list, count, flags));
  return type[0] === VIR_DOMAIN_JOB_NONE ? undefined : readStats(params);
}

function readStats(params: TypedParams): JobStats {
  const number = (name: string) => params.number(name) ?? 0;
  return {
    kind: kindOf(params.int(VIR_DOMAIN_JOB_OPERATION)),
    elapsedMs: number(VIR_DOMAIN_JOB_TIME_ELAPSED),
    memTotal: number(VIR_DOMAIN_JOB_MEMORY_TOTAL),
    memProcessed: number(VIR_DOMAIN_JOB_MEMORY_PROCESSED),
    memRemaining: number(VIR_DOMAIN_JOB_MEMORY_REMAINING),
    dataProcessed: number(VIR_DOMAIN_JOB_DATA_PROCESSED),
    dirtyRate: number(VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE),
    pageSize: number(VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE),
    iteration: number(VIR_DOMAIN_JOB_MEMORY_ITERATION),
    memBps: number(VIR_DOMAIN_JOB_MEMORY_BPS),
    vfioTransferred: params.number(VIR_DOMAIN_JOB_VFIO_DATA_TRANSFERRED),
    downtimeMs: params.number(VIR_DOMAIN_JOB_DOWNTIME),
  };
}

function kindOf(operation: number | null): JobStats['kind'] {
  if (operation === VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT) return 'outgoing';
  if (operation === VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN) return 'incoming';
  return 'other';
}

export function abortJob(context: Context, guest: string): void {
  checked(context, context.library.virDomainAbortJob(domainOf(context, guest)));
}

export function setMaxDowntime(context: Context, guest: string, ms: number): void {
  checked(context, context.library.virDomainMigrateSetMaxDowntime(domainOf(context, guest), ms, 0));
}

export function setBandwidth(context: Context, guest: string, mibps: number): void {
  checked(
    context,
    context.library.virDomainMigrateSetMaxSpeed(domainOf(context, guest), bandwidthOf(mibps), 0),
  );
}

/** Returns when the migration has ended. It is the daemon's own: it goes on if this process dies meanwhile. */
export function migrate(context: Context, guest: string, request: MigrateSettings): void {
  const domain = domainOf(context, guest);
  const params = TypedParams.empty(context);
  params.addString(VIR_MIGRATE_PARAM_DEST_XML, request.destXml);
  if (request.persistXml !== null) params.addString(VIR_MIGRATE_PARAM_PERSIST_XML, request.persistXml);
  // Named even without a limit: left out, libvirt would use the one that an earlier call has set on this domain.
  params.addNumber(VIR_MIGRATE_PARAM_BANDWIDTH, bandwidthOf(request.bandwidthMiBps));
  const { uri, tlsDestination } = request.channel;
  if (uri !== null) params.addString(VIR_MIGRATE_PARAM_URI, uri);
  if (tlsDestination !== null) params.addString(VIR_MIGRATE_PARAM_TLS_DESTINATION, tlsDestination);
  const { pointer, count } = params;
  checked(
    context,
    context.library.virDomainMigrateToURI3(domain, request.targetUri, pointer, count, migrateFlags(request)),
  );
}

/** Never post-copy, auto-converge or a pause to complete: a vGPU bears none of them. */
export function migrateFlags(
  request: Pick<MigrateSettings, 'persistXml' | 'startPaused' | 'channel'>,
): number {
  return (
    VIR_MIGRATE_LIVE |
    VIR_MIGRATE_PEER2PEER |
    (request.persistXml === null ? 0 : VIR_MIGRATE_PERSIST_DEST | VIR_MIGRATE_UNDEFINE_SOURCE) |
    (request.startPaused ? VIR_MIGRATE_PAUSED : 0) |
    (request.channel.tls ? VIR_MIGRATE_TLS : 0)
  );
}

function bandwidthOf(mibps: number): number {
  return mibps === 0 ? UNLIMITED_MIBPS : mibps;
}
