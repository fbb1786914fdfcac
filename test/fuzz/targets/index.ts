/** All of them, in the order in which they are run. */
import type { Target } from '../target';
import { activityTasks } from './activities';
import { agentConfig } from './agent-config';
import { domainXmlReader, domainXmlRewriter } from './domain-xml';
import { forgedRecords, ledgerFiles } from './ledger';
import { libvirtAgrees } from './libvirt-agrees';
import { migrationReport, terminalText } from './report';
import { activityFailures, commandArguments, migrationInput, progressReports } from './workflow';

/** Of its name, or null if it needs what is not here (libvirt). */
type Make = () => Target | null | Promise<Target | null>;

const MAKERS: Readonly<Record<string, Make>> = {
  'domain-xml': () => domainXmlReader,
  'domain-xml-rewrite': () => domainXmlRewriter,
  'domain-xml-libvirt': libvirtAgrees,
  'migration-input': () => migrationInput,
  commands: () => commandArguments,
  'progress-reports': () => progressReports,
  'activity-failures': () => activityFailures,
  'activity-tasks': () => activityTasks,
  'agent-config': () => agentConfig,
  'ledger-files': () => ledgerFiles,
  'ledger-forged': () => forgedRecords,
  report: migrationReport,
  'terminal-text': () => terminalText,
};

export const TARGETS: readonly string[] = Object.keys(MAKERS);

/** Null: it can't be run here. */
export async function targetOf(name: string): Promise<Target | null> {
  const make = MAKERS[name];
  if (!make) throw new Error(`no target ${name}; there are ${TARGETS.join(', ')}`);
  return make();
}
