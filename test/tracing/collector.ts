/** An OpenTelemetry collector, as far as a test needs one: it keeps the spans that are posted to it. */
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { type Server, createServer } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  service: string;
  attributes: Record<string, string>;
}

interface Attribute {
  key: string;
  value: { stringValue?: string };
}

interface Posted {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: { spans: (Omit<Span, 'service' | 'attributes'> & { attributes: Attribute[] })[] }[];
  }[];
}

export class Collector {
  readonly spans: Span[] = [];
  /** Of each post of metrics, which are not JSON. */
  readonly metrics: string[] = [];
  private constructor(private readonly server: Server) {}

  static async start(): Promise<Collector> {
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        if (request.url === '/v1/metrics') collector.metrics.push(body);
        if (request.url === '/v1/traces') collector.take(JSON.parse(body) as Posted);
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    const collector = new Collector(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return collector;
  }

  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private take({ resourceSpans }: Posted): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      const { 'service.name': service } = wordsOf(resource.attributes);
      for (const span of scopeSpans.flatMap(({ spans }) => spans))
        this.spans.push({ ...span, service: service ?? '', attributes: wordsOf(span.attributes) });
    }
  }
}

function wordsOf(attributes: Attribute[]): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? '']));
}
