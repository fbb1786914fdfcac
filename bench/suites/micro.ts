/** The smallest costly things: a guest's XML rewritten and verified, and a claim that survives a power cut. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { openLedger } from '../../src/claims';
import { rewriteMdevs } from '../../src/domain-xml';
import { type Figure, atMost, figure } from '../harness/figure';
import { interleaved, timed } from '../harness/rounds';
import type { Context, Suite } from '../harness/suite';
import { Lxml } from '../programs/lxml';
import { type Document, domainDocument } from './documents';
import { claimOne, releaseOne } from './one-claim';

const MIB = 2 ** 20;
const WARM_UPS = 5;

export const micro: Suite = {
  name: 'micro',
  summary: "a guest's XML rewritten and verified, beside lxml; a claim and its release, beside a bare fsync",
  minutes: 2,
  rounds: 50,
  async run(context) {
    return { figures: [...(await rewriting(context)), ...(await claiming(context))] };
  },
};

async function rewriting(context: Context): Promise<Figure[]> {
  const lxml = await Lxml.start(context.folder).catch((error: unknown) => {
    context.say(`lxml cannot be had: ${String(error)}`);
    return undefined;
  });
  try {
    const typical = domainDocument();
    const large = domainDocument({ mdevs: 16, bytes: MIB });
    return [
      await rewriteFigure(context, lxml, {
        what: `typical guest's XML (${kib(typical)} KiB, 1 mdev) rewritten and verified`,
        document: typical,
        times: 20,
        goalMs: 1,
      }),
      await rewriteFigure(context, lxml, {
        what: `XML of ${kib(large)} KiB with 16 mdevs rewritten and verified`,
        document: large,
        times: 1,
      }),
    ];
  } finally {
    await lxml?.stop();
  }
}

const kib = ({ xml }: Document): number => Math.round(xml.length / 1024);

interface Rewrite {
  what: string;
  document: Document;
  /** In one measurement, whose mean counts. */
  times: number;
  goalMs?: number;
}

async function rewriteFigure(
  { rounds, say }: Context,
  lxml: Lxml | undefined,
  { what, document: { xml, mapping }, times, goalMs }: Rewrite,
): Promise<Figure> {
  const ours = (): number => {
    const startedAt = performance.now();
    for (let i = 0; i < times; i++) rewriteMdevs(xml, mapping);
    return (performance.now() - startedAt) / times;
  };
  say(what);
  const theirs = lxml && (() => lxml.rewrite(xml, mapping, times));
  const { ours: values, theirs: baseline } = await interleaved<'ours' | 'theirs'>(
    { rounds, warmUps: 3 },
    { ours, theirs: theirs ?? (() => NaN) },
  );
  return figure({
    ...{ name: what, unit: 'ms', values },
    ...(lxml && { baseline: { name: "lxml's replacement, which verifies nothing", values: baseline } }),
    ...(goalMs !== undefined && { goal: atMost('median', goalMs) }),
    ...(!lxml && { note: 'lxml could not be had on this machine' }),
  });
}

/** The whole of a claim and of its release: the lock, the choice, the record made durable; no device is made. */
async function claiming({ rounds, say, folder }: Context): Promise<Figure[]> {
  const ledger = await openLedger(join(folder, 'ledger'), { host: 'host-b', onDamage: () => undefined });
  const file = join(folder, 'bare');
  let number = 0;
  const releases: number[] = [];
  say('claim, release and a bare fsync');
  const claimAndRelease = async (): Promise<number> => {
    let claimId = '';
    const tookMs = await timed(async () => (claimId = await claimOne(ledger, ++number)));
    releases.push(await timed(() => releaseOne(ledger, number, claimId)));
    return tookMs;
  };
  const values = await interleaved(
    { rounds, warmUps: WARM_UPS },
    { fsync: () => timed(() => bareFsync(file)), claim: claimAndRelease },
  );
  const baseline = { name: 'a file written and fsynced in the same folder', values: values.fsync };
  return [
    figure({
      name: 'claim of one mdev, durable',
      unit: 'ms',
      values: values.claim,
      baseline,
      goal: atMost('ratio', 3),
    }),
    figure({
      name: 'release of that claim, durable',
      unit: 'ms',
      values: releases.slice(WARM_UPS),
      baseline,
    }),
  ];
}

/** What any durable record costs at the least. */
async function bareFsync(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.write('x'.repeat(RECORD_BYTES));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** About what a claim's record has. */
const RECORD_BYTES = 700;
