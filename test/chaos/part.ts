/** One part of a long run: see parts.ts. */
import { once } from 'node:events';
import { quietTemporal } from '../support/ferry';
import type { PartOrder } from './parts';
import type { RunReport } from './run';
import { runChaos } from './runner';

async function main(): Promise<void> {
  quietTemporal();
  const [order] = (await once(process, 'message')) as [PartOrder];
  // the history is for those who look for a fault
  const tell = (report: RunReport): void =>
    void process.send!(report.wrongs.length > 0 ? report : { ...report, history: '' });
  await runChaos({ ...order, onReport: tell });
  process.disconnect();
}

process.once('disconnect', () => process.exit()); // nobody is left to be told
void main();
