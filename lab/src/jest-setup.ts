/** Before the tests: two booted hosts with the product in and around them. */
import { cleanHosts } from './clean';
import { atExit } from './exit';
import { Lab } from './lab';
import { startProduct } from './product';
import { KEPT_LAB, publish, type Session } from './session';

declare global {
  /** Handed from jest's setup to its teardown, which run in one process. */
  var labSession: Session | undefined;
}

export default async function setUp(): Promise<void> {
  const kept = process.env[KEPT_LAB];
  const lab = kept === undefined ? await Lab.up() : await Lab.attach(kept);
  const endHosts = async () => (kept === undefined ? lab.stop() : undefined);
  const forget = kept === undefined ? lab.endWithThisProcess() : () => undefined;
  try {
    await cleanHosts(lab.hosts);
    const product = await startProduct(lab);
    atExit(() => product.stopNow());
    publish(lab, product);
    console.error(`lab: product is up; Temporal's Web UI: ${product.uiUrl}`);
    const end = async () => {
      try {
        await product.stop();
      } finally {
        await endHosts();
        forget();
      }
    };
    globalThis.labSession = { lab, product, end };
  } catch (error) {
    await endHosts();
    throw error;
  }
}
