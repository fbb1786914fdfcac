/** A second agent on the host: told to, it claims devices of one small pool, in a migration of its own for each. */
import { openLedger, type Choose } from '../../src/claims';

const [, , dir, name, poolSize] = process.argv;
if (!dir || !name || !poolSize) throw new Error('usage: contender <dir> <name> <pool size>');

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** Takes the first free one, and lets others run between the look and the answer. */
const firstFree: Choose = async (state, missing) => {
  const taken = new Set(state.claims.map((record) => record.target));
  await new Promise((resolve) => setImmediate(resolve));
  const free = Array.from({ length: Number(poolSize) }, (_, n) => uuid(n)).filter(
    (target) => !taken.has(target),
  );
  return missing.map(({ source, type }, index) => ({
    source,
    type,
    target: free[index] ?? 'none',
    parent: 'p',
    created: false,
  }));
};

async function claimMany(count: number): Promise<string[]> {
  const ledger = await openLedger(dir ?? '', { host: 'host-b', onDamage: () => undefined });
  const claims = Array.from({ length: count }, (_, n) =>
    ledger.claim(
      { workflow: `${name}-${n}`, run: 'r', guest: 'g' },
      [{ source: uuid(900), type: 't' }],
      firstFree,
    ),
  );
  return (await Promise.all(claims)).flatMap((claim) => claim.records.map((record) => record.target));
}

async function holdForever(): Promise<void> {
  const ledger = await openLedger(dir ?? '', { host: 'host-b', onDamage: () => undefined });
  await ledger.claim(
    { workflow: `${name}`, run: 'r', guest: 'g' },
    [{ source: uuid(900), type: 't' }],
    () => {
      process.send?.('holding');
      return new Promise(() => undefined);
    },
  );
}

process.on('message', (message: { claim: number } | 'hold') => {
  if (message === 'hold') void holdForever();
  else void claimMany(message.claim).then((targets) => process.send?.(targets));
});
process.send?.('ready');
