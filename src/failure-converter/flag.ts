/** The one thing that an orchestrator tells the workflow bundle. */
export const ENCODE_FAILURES = '__vgpuFerryEncodeFailures';
