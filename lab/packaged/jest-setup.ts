/** Before the tests: two packaged hosts, a Temporal server, an orchestrator. Outside of jest's sandbox, where an interrupt is heard. */
import { type PackagedLab, publish, startPackagedLab } from './hosts';

declare global {
  /** Handed from jest's setup to its teardown, which run in one process. */
  var packagedLab: PackagedLab | undefined;
}

export default async function setUp(): Promise<void> {
  globalThis.packagedLab = await startPackagedLab();
  publish(globalThis.packagedLab);
}
