/** `vgpu-ferry setup`: what a Temporal namespace needs, made once. */
import type { Command } from 'commander';
import type { SearchAttribute } from '../../contract';
import { connectClient } from '../../temporal/connection';
import {
  type Service,
  SearchAttributeTypeError,
  createCommand,
  createSearchAttributes,
  missingSearchAttributes,
} from '../../temporal/search-attributes';
import { ExitCode } from '../exit-codes';
import { type SetupReport, printJson } from '../json';
import { say, sayAside } from '../say';

interface SetupOptions {
  check?: boolean;
  json?: boolean;
}

const HELP = `
Makes the search attributes by which migrations are listed: guest, source, destination, phase, vGPU type, outcome, and
whether one needs a person. What is there already stays. An orchestrator does the same when it starts in a new
namespace. In one that older orchestrators have used, run this when the last of them is upgraded: they cannot go on with a
migration that carries the new attributes. Migrations that run without them are not changed.

Examples:
  vgpu-ferry setup
  vgpu-ferry setup --check && echo ready

Exit status: 0 all there; 1 some are missing (--check), or of another type; 2 usage; 5 Temporal cannot be reached, or does
not allow it.`;

export function addSetupCommand(program: Command): void {
  program
    .command('setup')
    .summary('prepare a Temporal namespace')
    .description(
      'Makes what the Temporal namespace needs for migrations to be found. Harmless when done again.',
    )
    .option('--check', 'tell what is missing, and make nothing')
    .option('--json', 'print it as JSON, and nothing else')
    .addHelpText('after', HELP)
    .action(setup);
}

async function setup({ check, json }: SetupOptions): Promise<void> {
  const client = await connectClient();
  const { namespace } = client.options;
  try {
    const report = await lookOrMake({ connection: client.connection, namespace }, check === true);
    if (json) printJson('setup', report);
    else say(inWords(report));
    if (report.missing.length > 0) process.exitCode = ExitCode.FailedSafe;
  } catch (error) {
    if (!(error instanceof SearchAttributeTypeError)) throw error;
    sayAside(`vgpu-ferry: ${error.message}`);
    process.exitCode = ExitCode.FailedSafe;
  } finally {
    await client.connection.close();
  }
}

async function lookOrMake(service: Service, check: boolean): Promise<SetupReport> {
  const { namespace } = service;
  if (check) return { namespace, created: [], missing: await missingSearchAttributes(service) };
  try {
    return { namespace, created: await createSearchAttributes(service), missing: [] };
  } catch (error) {
    if (error instanceof SearchAttributeTypeError) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The search attributes cannot be made in namespace ${namespace}: ${said}. Let somebody with the right do it: ${createCommand(namespace)}`,
      { cause: error },
    );
  }
}

function inWords({ namespace, created, missing }: SetupReport): string {
  if (missing.length > 0)
    return `Namespace ${namespace} lacks search attributes:\n${lines(missing)}\nMake them: vgpu-ferry setup`;
  if (created.length > 0) return `Made in namespace ${namespace}:\n${lines(created)}`;
  return `Namespace ${namespace} has all search attributes.`;
}

function lines(attributes: readonly SearchAttribute[]): string {
  const width = Math.max(...attributes.map(({ name }) => name.length));
  return attributes.map(({ name, meaning }) => `  ${name.padEnd(width)}  ${meaning}`).join('\n');
}
