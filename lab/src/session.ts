/** What one run of the lab's tests shares: jest's setup makes it, the tests find it, the teardown ends it. */
import { LabAgent } from './agent';
import { Lab } from './lab';
import type { Product } from './product';

/** State file of a lab that runs already (`lab:up`): used, and left running. */
export const KEPT_LAB = 'VGPU_FERRY_LAB';
const STATE = 'VGPU_FERRY_LAB_STATE';
const ADDRESS = 'VGPU_FERRY_LAB_TEMPORAL';
/** Of each host's agent's way to Temporal, by the host's name. */
const LINKS = 'VGPU_FERRY_LAB_LINKS';

export interface OpenLab {
  lab: Lab;
  /** Stops the hosts, if they were booted for this. */
  end(): Promise<void>;
}

/** Two hosts booted for this process, which end with it; or those of `KEPT_LAB`. */
export async function openLab(): Promise<OpenLab> {
  const kept = process.env[KEPT_LAB];
  if (kept !== undefined) return { lab: await Lab.attach(kept), end: () => Promise.resolve() };
  const lab = await Lab.up();
  const forget = lab.endWithThisProcess();
  const end = async (): Promise<void> => {
    await lab.stop();
    forget();
  };
  return { lab, end };
}

export interface Session {
  lab: Lab;
  product: Product;
  end(): Promise<void>;
}

/** Only the environment passes from jest's setup to its tests. */
export function publish(lab: Lab, product: Product): void {
  process.env[STATE] = lab.stateFile;
  process.env[ADDRESS] = product.address;
  const links = [lab.a, lab.b].map((host) => [host.name, product.on(host).link.port]);
  process.env[LINKS] = JSON.stringify(Object.fromEntries(links));
}

/** The agents, for a test that starts them with other settings; it starts them again with their usual ones. */
export function sharedAgents({ a, b }: Lab): { a: LabAgent; b: LabAgent } {
  const links = JSON.parse(process.env[LINKS] ?? '{}') as Record<string, number>;
  return { a: new LabAgent(a, b, links[a.name]!), b: new LabAgent(b, a, links[b.name]!) };
}

export async function sharedLab(): Promise<{ lab: Lab; address: string }> {
  const state = process.env[STATE];
  const address = process.env[ADDRESS];
  if (state === undefined || address === undefined)
    throw new Error('no lab: run these tests by "npm run lab:e2e"');
  return { lab: await Lab.attach(state), address };
}
