/** Everything that the orchestrator's workflow bundle exports. */
export { LiveMigrateVgpu, progressQuery } from './live-migrate-vgpu';
export { ReconcileHost } from './reconcile-host';
