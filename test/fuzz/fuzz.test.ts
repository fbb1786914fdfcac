/** A short run of the fuzzer, always the same: the kept cases, some hundred drawn ones a target, and real samples cut off anywhere. */
import { runTarget } from './run-target';
import { TARGETS, targetOf } from './targets';

/** The long run is `npm run fuzz`; its figures are in docs/fuzzing.md. */
const CASES = 120;
const SEED = 20_261_127;

/** A machine that does other things meanwhile is slow; what hangs never ends. */
const LIMIT_MS = 240_000;

test.each(TARGETS)(
  '%s: nothing that must hold is broken',
  async (name) => {
    const target = await targetOf(name);
    if (target === null) return expect(name).toBe('domain-xml-libvirt'); // libvirt.so.0 is not installed here
    const { figures, failed } = await runTarget(target, { runs: CASES, seed: SEED });
    await target.close?.();
    expect(failed).toEqual([]);
    expect(figures.runs).toBe(CASES);
    expect(Object.keys(figures.outcomes).length).toBeGreaterThan(1); // else the cases are all of one kind
  },
  LIMIT_MS,
);

test.each([
  ['domain-xml', 'libvirt-9.0.0'],
  ['domain-xml-rewrite', 'small'],
  ['agent-config', 'whole'],
  ['ledger-files', 'claims'],
])(
  '%s: %s cut off after each of its bytes',
  async (name, base) => {
    const target = (await targetOf(name))!;
    const { length } = Buffer.from(target.samples![base]!);
    const outcomes = new Set<string>();
    for (let at = 0; at < length; at++)
      outcomes.add((await target.play({ base, edits: [{ do: 'truncate', at }] })).outcome);
    await target.close?.();
    expect(outcomes).not.toEqual(new Set());
    expect((await target.play({ base, edits: [] })).outcome).not.toBe('');
  },
  LIMIT_MS,
);
