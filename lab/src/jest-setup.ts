/** Before the tests: two booted hosts with the product in and around them. */
import { cleanHosts } from './clean';
import { atExit } from './exit';
import { startProduct } from './product';
import { openLab, publish, type Session } from './session';

declare global {
  /** Handed from jest's setup to its teardown, which run in one process. */
  var labSession: Session | undefined;
}

export default async function setUp(): Promise<void> {
  const { lab, end: endHosts } = await openLab();
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
      }
    };
    globalThis.labSession = { lab, product, end };
  } catch (error) {
    await endHosts();
    throw error;
  }
}
