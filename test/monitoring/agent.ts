/** An agent as the command runs it, which looks at its host more often: `… agent.ts <configuration>`. */
import { runAgent } from '../../src/cli/commands/agent';

runAgent(process.argv[2]!, 500).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
