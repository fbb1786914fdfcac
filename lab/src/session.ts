/** What one run of the lab's tests shares: jest's setup makes it, the tests find it, the teardown ends it. */
import { Lab } from './lab';
import type { Product } from './product';

/** State file of a lab that runs already (`lab:up`): used, and left running. */
export const KEPT_LAB = 'VGPU_FERRY_LAB';
const STATE = 'VGPU_FERRY_LAB_STATE';
const ADDRESS = 'VGPU_FERRY_LAB_TEMPORAL';

export interface Session {
  lab: Lab;
  product: Product;
  end(): Promise<void>;
}

/** Only the environment passes from jest's setup to its tests. */
export function publish(lab: Lab, product: Product): void {
  process.env[STATE] = lab.stateFile;
  process.env[ADDRESS] = product.address;
}

export async function sharedLab(): Promise<{ lab: Lab; address: string }> {
  const state = process.env[STATE];
  const address = process.env[ADDRESS];
  if (state === undefined || address === undefined)
    throw new Error('no lab: run these tests by "npm run lab:e2e"');
  return { lab: await Lab.attach(state), address };
}
