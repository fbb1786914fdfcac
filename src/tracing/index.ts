/**
 * OpenTelemetry: spans of the workflows and of their steps, told to a collector by OTLP over HTTP. Off, and not even loaded,
 * unless OTEL_EXPORTER_OTLP_ENDPOINT says where that is; OpenTelemetry's other variables (OTEL_EXPORTER_OTLP_HEADERS and so on) count too.
 */
import type { InjectedSinks, WorkerInterceptors } from '@temporalio/worker';
import type { OpenTelemetrySinks } from '@temporalio/interceptors-opentelemetry';

const ENDPOINT_VARIABLE = 'OTEL_EXPORTER_OTLP_ENDPOINT';

export interface Tracing {
  /** For an agent: a span for each step. */
  interceptors: WorkerInterceptors;
  /** For an orchestrator whose workflows are bundled with the SDK's interceptors. */
  sinks: InjectedSinks<OpenTelemetrySinks>;
  /** Sends what is left; a collector that is away is not waited for. */
  close(): Promise<void>;
}

export interface TracingOptions {
  /** `service.name`. */
  service: string;
  /** Of an agent: its host id, as `service.instance.id`. */
  host?: string;
  log: { warn(fields: object, message: string): void };
}

/** Undefined if nobody wants it. Once a process. */
export async function openTracing(
  { service, host, log }: TracingOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Tracing | undefined> {
  if (!env[ENDPOINT_VARIABLE]) return undefined;
  const { DiagLogLevel, diag } = await import('@opentelemetry/api');
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { Resource } = await import('@opentelemetry/resources');
  const { BasicTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base');
  const { OpenTelemetryActivityInboundInterceptor, makeWorkflowExporter } =
    await import('@temporalio/interceptors-opentelemetry/lib/worker/index.js');

  const warn = (message: string): void => log.warn({ otel: message }, 'spans could not be told');
  const quiet = (): undefined => undefined;
  diag.setLogger({ error: warn, warn, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.WARN);

  const resource = new Resource({ 'service.name': service, ...(host && { 'service.instance.id': host }) });
  const processor = new BatchSpanProcessor(new OTLPTraceExporter());
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  provider.register({ contextManager: new AsyncLocalStorageContextManager().enable() });
  const tracer = provider.getTracer('vgpu-ferry');
  return {
    interceptors: {
      activity: [
        (context) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(context, { tracer }) }),
      ],
    },
    sinks: { exporter: makeWorkflowExporter(processor, resource) },
    close: () => provider.shutdown().catch((error: unknown) => warn(String(error))),
  };
}
