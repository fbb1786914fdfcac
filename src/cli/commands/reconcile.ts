/** `vgpu-ferry reconcile`: a sweep of one host, now. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  ApplicationFailure,
  TimeoutFailure,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import type { Command } from 'commander';
import { type ReconcileReport, ErrorType, reconcileNowWorkflowId } from '../../contract';
import { connectClient } from '../../temporal/connection';
import { startSweep } from '../../temporal/sweeps';
import { ExitCode } from '../exit-codes';
import { hostId } from '../host-id';
import { printJson } from '../json';
import { sweepReport } from '../render-sweep';
import { say, sayAside } from '../say';

/** An orchestrator that lives takes it at once. */
const TAKEN_WITHIN_MS = 10_000;

const HELP = `
A sweep gives back what migrations that are over have left on a host: claimed devices whose guest is not there, and
devices that vgpu-ferry had made and no domain uses. It touches no device that a domain uses, running or defined, and
none that vgpu-ferry has not recorded. What a running migration holds stays. Sweeps run by themselves every ten minutes
("reconcileEveryMinutes" in the agent's configuration); this one runs now, as workflow reconcile-host:<host>:now.

Examples:
  vgpu-ferry reconcile host-b
  vgpu-ferry reconcile host-b --json | jq .attention

Exit status: 0 swept; 4 swept, and a person has to look at something; 5 the host's agent, its libvirt or Temporal does
not answer; 1 the sweep failed otherwise; 2 the command line is wrong. See docs/reconcile.md.`;

export function addReconcileCommand(program: Command): void {
  program
    .command('reconcile')
    .summary('sweep a host: give back what ended migrations have left')
    .description('Sweeps a host now, and prints what was done, what was left alone and why.')
    .argument('<host>', 'host id', hostId)
    .option('--json', 'print the report as JSON, and nothing else')
    .addHelpText('after', HELP)
    .action(reconcile);
}

async function reconcile(host: string, { json }: { json?: boolean }): Promise<void> {
  const client = await connectClient();
  try {
    const handle = await startSweep(client, host);
    if (!json) sayAside(`Sweeping ${host} (workflow ${reconcileNowWorkflowId(host)})`);
    const end = handle.result();
    void sayIfNotTaken(handle, end);
    const report = await end;
    if (json) printJson('reconcile', report);
    else say(sweepReport(report));
    process.exitCode = exitCodeOfReport(report);
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { type, message, exitCode } = failureOfSweep(host, error);
    if (json) printJson('reconcile', { error: { type, message } });
    else sayAside(`${type}: ${message}`);
    process.exitCode = exitCode;
  } finally {
    await client.connection.close();
  }
}

/** Else somebody would look at nothing for as long as a sweep may take. */
async function sayIfNotTaken(handle: Pick<WorkflowHandle, 'describe'>, end: Promise<unknown>): Promise<void> {
  const late = await Promise.race([
    end.then(
      () => false,
      () => false,
    ),
    pause(TAKEN_WITHIN_MS, true, { ref: false }),
  ]);
  if (!late) return;
  const task = (await handle.describe().catch(() => null))?.raw.pendingWorkflowTask;
  if (task && !task.startedTime)
    sayAside('No orchestrator has taken it up yet. See that one runs: vgpu-ferry orchestrator');
}

export function exitCodeOfReport({ attention, quarantined }: ReconcileReport): number {
  return attention.length + quarantined.length > 0 ? ExitCode.NeedsPerson : ExitCode.Done;
}

const UNAVAILABLE: readonly string[] = [ErrorType.AgentUnreachable, ErrorType.HypervisorUnavailable];

export function failureOfSweep(
  host: string,
  { cause, message }: WorkflowFailedError,
): { type: string; message: string; exitCode: number } {
  if (cause instanceof TimeoutFailure)
    return {
      type: 'SweepTimedOut',
      message: `The sweep of ${host} did not end in time. Check that an orchestrator runs: vgpu-ferry orchestrator`,
      exitCode: ExitCode.Unavailable,
    };
  const type = cause instanceof ApplicationFailure ? (cause.type ?? 'Unexpected') : 'Unexpected';
  return {
    type,
    message: cause?.message ?? message,
    exitCode: UNAVAILABLE.includes(type) ? ExitCode.Unavailable : ExitCode.FailedSafe,
  };
}
