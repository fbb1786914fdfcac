/** The suites, in the order in which they run. */
import type { Suite } from '../harness/suite';
import { micro } from './micro';

export const SUITES: readonly Suite[] = [micro];
