/** The suites, in the order in which they run: the cheap ones first. */
import type { Suite } from '../harness/suite';
import { agent } from './agent';
import { controlPlane } from './control-plane';
import { growth } from './growth';
import { micro } from './micro';
import { postgresql } from './postgresql';
import { recovery } from './recovery';

export const SUITES: readonly Suite[] = [micro, agent, recovery, controlPlane, postgresql, growth];

/** Of results.json; the lab's suite has a program of its own. */
export const ORDER: readonly string[] = ['lab', ...SUITES.map(({ name }) => name)];
