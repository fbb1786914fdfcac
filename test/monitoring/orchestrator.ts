/** An orchestrator as the command runs it, with the workflows of these sources: `… orchestrator.ts <pace>`. */
import { runOrchestrator } from '../../src/cli/commands/orchestrator';
import { type Pace, workflowBundle } from '../support/workflow-bundle';

async function main(): Promise<void> {
  await runOrchestrator(await workflowBundle(process.argv[2] as Pace), {
    lookEachMs: 500,
    silentAfterMs: 8_000,
  });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
