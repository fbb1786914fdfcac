/** The suites, in the order in which they run: the cheap ones first. */
import type { Suite } from '../harness/suite';
import { agent } from './agent';
import { controlPlane } from './control-plane';
import { growth } from './growth';
import { micro } from './micro';
import { recovery } from './recovery';

export const SUITES: readonly Suite[] = [micro, agent, recovery, controlPlane, growth];
