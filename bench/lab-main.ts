/** `npm run bench:lab`: as `npm run bench`, on the lab's two hosts. */
import { runProgram } from './harness/program';
import { lab } from './lab/suite';
import { ORDER } from './suites';

const HELP = `Measures LiveMigrateVgpu beside an expert's script (bench/lab/by-hand.sh) on the lab's two emulated hosts, with real libvirt,
QEMU and mediated devices. It takes about ${lab.minutes} minutes.

  npm run bench:lab                  writes docs/performance/; then: npm run docs
  npm run bench:lab -- --rounds 3    with so many rounds instead of ${lab.rounds}
  npm run bench:lab -- --quick       two rounds; writes to the system's folder for temporary files
  npm run bench:lab -- --out <folder>

A round is one migration by the script, one by the script with a device that outlives a reboot, one with libvirt's own switchover,
one with the fence, and the last two kinds again by programs outside of the emulation, each of a guest of its own; a ratio is the median of the
rounds' ratios. With VGPU_FERRY_LAB, the state file of a lab that runs already, that lab is used.
`;

runProgram({ suites: [lab], order: ORDER, help: HELP });
