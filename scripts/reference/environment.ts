/** The variables that the programs read, for the reference and the manual. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = join(__dirname, '..', '..', 'src');

/** Name and meaning. */
const VARIABLES: [name: string, meaning: string][] = [
  [
    'TEMPORAL_*',
    "Where Temporal is: Temporal's own settings TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_*, TEMPORAL_PROFILE and so on, or its profile file. Default: localhost:7233, namespace default",
  ],
  [
    'VGPU_FERRY_CODEC_KEYS',
    'File with the keys that what Temporal keeps is encrypted with (temporal-security.md). Default: none, nothing is encrypted',
  ],
  [
    'VGPU_FERRY_DEPLOYMENT',
    "Of an orchestrator, for Temporal's worker versioning: <deployment>.<build id> (production.md). Default: none, no versioning",
  ],
  [
    'VGPU_FERRY_METRICS_ADDRESS',
    'Address and port where an agent or an orchestrator tells Prometheus its figures. Default: none, it does not',
  ],
  [
    'VGPU_FERRY_LOG_LEVEL',
    'Level of the log of an agent or an orchestrator: trace, debug, info (the default), warn, error, fatal or silent',
  ],
  [
    'VGPU_FERRY_TEMPORAL_CLI',
    "The demo's temporal program. Default: the one on PATH, else one that is fetched once",
  ],
  [
    'OTEL_*',
    "OpenTelemetry's own settings. With OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT agents and orchestrators trace (logs-and-metrics.md). Default: none, they do not",
  ],
  ['NO_COLOR', 'Set: no colours'],
];

export function environment(): [name: string, meaning: string][] {
  const told = VARIABLES.map(([name]) => name);
  const untold = ownVariables().filter((name) => !told.includes(name));
  if (untold.length > 0)
    throw new Error(`scripts/reference/environment.ts does not tell what this is: ${untold.join(', ')}`);
  return VARIABLES;
}

/** All that stand in the sources. */
function ownVariables(): string[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const text = files.map((name) => readFileSync(join(SOURCES, name), 'utf8')).join('\n');
  return [...new Set(text.match(/\bVGPU_FERRY_[A-Z_]+/g))];
}
