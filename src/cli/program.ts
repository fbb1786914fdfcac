/** The command line: every command and its help. */
import { Command } from 'commander';
import { addAgentCommand } from './commands/agent';
import { addCodecCommand } from './commands/codec';
import { addCodecServerCommand } from './commands/codec-server';
import {
  addAbortCommand,
  addForceCompleteCommand,
  addResolveCommand,
  addSetCommand,
} from './commands/control';
import { addDemoCommand } from './commands/demo';
import { addDevCommand } from './commands/dev';
import { addDoctorCommand } from './commands/doctor';
import { addClaimsCommand, addGuestsCommand, addHostsCommand } from './commands/inventory';
import { addListCommand } from './commands/list';
import { addMigrateCommand } from './commands/migrate';
import { addOrchestratorCommand } from './commands/orchestrator';
import { addReportCommand } from './commands/report';
import { addWatchCommand } from './commands/watch';
import { addReconcileCommand } from './commands/reconcile';
import { addSetupCommand } from './commands/setup';
import { addUnstickCommand } from './commands/unstick';
import { addCompletion } from './completion';
import { ExitCode } from './exit-codes';
import { version } from './version';

const HELP = `
Temporal is found by its own settings: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE and so on, or its
profile file. Try it without anything installed: vgpu-ferry demo`;

/** All commands; not yet parsed. */
export async function createProgram(): Promise<Command> {
  const program = new Command('vgpu-ferry')
    .description(
      'Live-migrates running libvirt guests that use vGPUs (mediated devices), as a durable Temporal workflow.',
    )
    .version(version())
    .addHelpText('after', HELP)
    .showHelpAfterError('(add --help for what there is)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? ExitCode.Done : ExitCode.Usage));
  for (const add of [
    addMigrateCommand,
    addWatchCommand,
    addListCommand,
    addReportCommand,
    addAbortCommand,
    addForceCompleteCommand,
    addSetCommand,
    addResolveCommand,
    addUnstickCommand,
    addHostsCommand,
    addGuestsCommand,
    addClaimsCommand,
    addReconcileCommand,
    addSetupCommand,
    addDoctorCommand,
    addAgentCommand,
    addOrchestratorCommand,
    addDevCommand,
    addCodecCommand,
    addCodecServerCommand,
    addDemoCommand,
  ])
    add(program);
  await addCompletion(program);
  return program;
}
