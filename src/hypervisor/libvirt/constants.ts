/** libvirt's numbers and parameter names, each under its name in the headers; grouped as the headers' enums are. */

/** virErrorNumber (virterror.h): those that this adapter itself decides by. */
export const VIR_ERR_INTERNAL_ERROR = 1;
export const VIR_ERR_NO_SUPPORT = 3;
export const VIR_ERR_SYSTEM_ERROR = 38;
export const VIR_ERR_RPC = 39;
export const VIR_ERR_NO_DOMAIN = 42;
export const VIR_ERR_AUTH_FAILED = 45;
export const VIR_ERR_NO_NODE_DEVICE = 53;
export const VIR_ERR_OPERATION_INVALID = 55;
export const VIR_ERR_OPERATION_TIMEOUT = 68;
export const VIR_ERR_OPERATION_UNSUPPORTED = 84;

/** virErrorDomain (virterror.h). */
export const VIR_FROM_NONE = 0;
export const VIR_FROM_RPC = 7;
export const VIR_FROM_NODEDEV = 22;

/** virDomainState (libvirt-domain.h). */
export const VIR_DOMAIN_RUNNING = 1;
export const VIR_DOMAIN_BLOCKED = 2;
export const VIR_DOMAIN_PAUSED = 3;
export const VIR_DOMAIN_SHUTDOWN = 4;
export const VIR_DOMAIN_SHUTOFF = 5;
export const VIR_DOMAIN_CRASHED = 6;
export const VIR_DOMAIN_PMSUSPENDED = 7;

/** virDomainRunningReason. */
export const VIR_DOMAIN_RUNNING_BOOTED = 1;
export const VIR_DOMAIN_RUNNING_MIGRATED = 2;
export const VIR_DOMAIN_RUNNING_UNPAUSED = 5;
export const VIR_DOMAIN_RUNNING_MIGRATION_CANCELED = 6;
export const VIR_DOMAIN_RUNNING_CRASHED = 9;

/** virDomainPausedReason. */
export const VIR_DOMAIN_PAUSED_USER = 1;
export const VIR_DOMAIN_PAUSED_MIGRATION = 2;
export const VIR_DOMAIN_PAUSED_SAVE = 3;
export const VIR_DOMAIN_PAUSED_SHUTTING_DOWN = 8;
export const VIR_DOMAIN_PAUSED_CRASHED = 10;
export const VIR_DOMAIN_PAUSED_STARTING_UP = 11;

/** virDomainShutoffReason. */
export const VIR_DOMAIN_SHUTOFF_UNKNOWN = 0;
export const VIR_DOMAIN_SHUTOFF_SHUTDOWN = 1;
export const VIR_DOMAIN_SHUTOFF_DESTROYED = 2;
export const VIR_DOMAIN_SHUTOFF_CRASHED = 3;
export const VIR_DOMAIN_SHUTOFF_MIGRATED = 4;
export const VIR_DOMAIN_SHUTOFF_SAVED = 5;
export const VIR_DOMAIN_SHUTOFF_FAILED = 6;
export const VIR_DOMAIN_SHUTOFF_DAEMON = 8;

/** virDomainEventID. */
export const VIR_DOMAIN_EVENT_ID_LIFECYCLE = 0;

/** virDomainEventType. */
export const VIR_DOMAIN_EVENT_SUSPENDED = 3;
export const VIR_DOMAIN_EVENT_RESUMED = 4;
export const VIR_DOMAIN_EVENT_STOPPED = 5;
export const VIR_DOMAIN_EVENT_SHUTDOWN = 6;

/** virDomainEventSuspendedDetailType. */
export const VIR_DOMAIN_EVENT_SUSPENDED_PAUSED = 0;
export const VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED = 1;

/** virDomainEventShutdownDetailType. */
export const VIR_DOMAIN_EVENT_SHUTDOWN_GUEST = 1;
export const VIR_DOMAIN_EVENT_SHUTDOWN_HOST = 2;

/** virDomainXMLFlags. */
export const VIR_DOMAIN_XML_SECURE = 1 << 0;
export const VIR_DOMAIN_XML_INACTIVE = 1 << 1;
export const VIR_DOMAIN_XML_MIGRATABLE = 1 << 3;

/** virDomainUndefineFlagsValues. */
export const VIR_DOMAIN_UNDEFINE_MANAGED_SAVE = 1 << 0;
export const VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA = 1 << 1;
export const VIR_DOMAIN_UNDEFINE_KEEP_NVRAM = 1 << 3;
export const VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA = 1 << 4;
export const VIR_DOMAIN_UNDEFINE_KEEP_TPM = 1 << 6;

/** virDomainMigrateFlags. */
export const VIR_MIGRATE_LIVE = 1 << 0;
export const VIR_MIGRATE_PEER2PEER = 1 << 1;
export const VIR_MIGRATE_PERSIST_DEST = 1 << 3;
export const VIR_MIGRATE_UNDEFINE_SOURCE = 1 << 4;
export const VIR_MIGRATE_PAUSED = 1 << 5;
export const VIR_MIGRATE_TLS = 1 << 16;

/** Parameters of virDomainMigrateToURI3. */
export const VIR_MIGRATE_PARAM_DEST_XML = 'destination_xml';
export const VIR_MIGRATE_PARAM_PERSIST_XML = 'persistent_xml';
/** MiB/s, unsigned long long. */
export const VIR_MIGRATE_PARAM_BANDWIDTH = 'bandwidth';
export const VIR_MIGRATE_PARAM_URI = 'migrate_uri';
/** Since libvirt 6.0.0. */
export const VIR_MIGRATE_PARAM_TLS_DESTINATION = 'tls.destination';

/** virDomainGetJobStatsFlags. */
export const VIR_DOMAIN_JOB_STATS_COMPLETED = 1 << 0;
export const VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED = 1 << 1;

/** virDomainJobType: 0 is the only one that means "there is none". */
export const VIR_DOMAIN_JOB_NONE = 0;

/** virDomainJobOperation. */
export const VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN = 4;
export const VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT = 5;

/** Fields of a job's statistics: times in ms, sizes in bytes. */
export const VIR_DOMAIN_JOB_OPERATION = 'operation';
export const VIR_DOMAIN_JOB_TIME_ELAPSED = 'time_elapsed';
export const VIR_DOMAIN_JOB_DOWNTIME = 'downtime';
export const VIR_DOMAIN_JOB_DATA_PROCESSED = 'data_processed';
export const VIR_DOMAIN_JOB_MEMORY_TOTAL = 'memory_total';
export const VIR_DOMAIN_JOB_MEMORY_PROCESSED = 'memory_processed';
export const VIR_DOMAIN_JOB_MEMORY_REMAINING = 'memory_remaining';
export const VIR_DOMAIN_JOB_MEMORY_BPS = 'memory_bps';
export const VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE = 'memory_dirty_rate';
export const VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE = 'memory_page_size';
export const VIR_DOMAIN_JOB_MEMORY_ITERATION = 'memory_iteration';
/** Since libvirt 10.6.0. */
export const VIR_DOMAIN_JOB_VFIO_DATA_TRANSFERRED = 'vfio_data_transferred';

/** virConnectListAllNodeDeviceFlags; the last one needs the sign bit, so `>>> 0`. */
export const VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES = 1 << 13;
export const VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV = 1 << 14;
export const VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE = 1 << 30;
export const VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE = (1 << 31) >>> 0;

/** VIR_UUID_STRING_BUFLEN (libvirt-host.h): 36 characters and the closing zero. */
export const VIR_UUID_STRING_BUFLEN = 37;
