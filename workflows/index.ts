/** Everything that the orchestrator's workflow bundle exports. */
export { LiveMigrateVgpu } from './live-migrate-vgpu';
export { ReconcileHost } from './reconcile-host';
