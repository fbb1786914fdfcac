/** The suites, in the order in which they run. */
import type { Suite } from '../harness/suite';
import { controlPlane } from './control-plane';
import { micro } from './micro';

export const SUITES: readonly Suite[] = [micro, controlPlane];
