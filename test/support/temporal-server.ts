/** A real Temporal server for a suite: started before its first test, gone after its last. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { startEmbeddedTemporal, type EmbeddedTemporal } from '../../src/temporal/embedded';

/** The first start on a machine may have to fetch the server. */
const START_TIMEOUT_MS = 300_000;

export interface TemporalServer {
  /** Client and native connection, for `new Worker({ connection: env.nativeConnection })` and `env.client`. */
  readonly env: TestWorkflowEnvironment;
  /** For the environment of a program under test. */
  readonly address: string;
}

/** Call it at a suite's top level; what it returns is usable inside tests and hooks. */
export function useTemporalServer(): TemporalServer {
  let server: EmbeddedTemporal | undefined;
  let env: TestWorkflowEnvironment | undefined;

  beforeAll(async () => {
    server = await startEmbeddedTemporal();
    env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await env?.teardown();
    await server?.stop();
  });

  return {
    get env() {
      return started(env);
    },
    get address() {
      return started(server).address;
    },
  };
}

function started<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the Temporal server is only there inside tests and hooks');
  return value;
}
