/** A program that starts an embedded server, prints its pid, and lives on or throws: how its owner may die. */
import { startEmbeddedTemporal } from '../../src/temporal/embedded';

async function main(): Promise<void> {
  const { pid } = await startEmbeddedTemporal();
  process.stdout.write(`${pid}\n`);
  // Lives on until it is killed, unless it is to die by itself.
  setInterval(() => undefined, 60_000);
  if (process.argv[2] === 'uncaught exception') throw new Error('the owner fails');
  if (process.argv[2] === 'exit') process.exit(0);
}

void main();
