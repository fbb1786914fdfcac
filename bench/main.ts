/** `npm run bench`: measures, and writes docs/performance/. Run it with --help. */
import { helpText } from './harness/options';
import { runProgram } from './harness/program';
import { ORDER, SUITES } from './suites';

runProgram({ suites: SUITES, order: ORDER, help: helpText(SUITES) });
