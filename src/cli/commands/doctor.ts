/** `vgpu-ferry doctor`: what stands in the way of this machine's part, before a migration meets it. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { DEFAULT_CONFIG_FILE, readAgentConfig } from '../../agent/config';
import { type Section, examinationsElsewhere, examinationsOfHost, examine } from '../../doctor';
import { temporalSettings } from '../../temporal/connection';
import { ExitCode } from '../exit-codes';
import { printJson } from '../json';
import { doctorSection, doctorVerdict } from '../render-doctor';
import { say } from '../say';

const HELP = `
On a host, which has an agent's configuration, it looks at: kernel modules, mdevctl, migration ports, the clock; libvirt,
its versions, the mdev types and whether their drivers can migrate; the ledger's folder; TLS files and their expiry;
Temporal, its namespace, the orchestrators and agents; each peer: its name, its ports, its libvirt.
Elsewhere: the clock and Temporal. Nothing is changed anywhere.

Run it as the agent's user, with the same TEMPORAL_ settings: it then sees what the agent sees.

Exit status: 0 nothing fails (there may be warnings); 1 something does; 2 usage, or a configuration that is not valid.`;

interface DoctorOptions {
  config?: string;
  json?: boolean;
}

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .summary('look for what is wrong on this machine')
    .description(
      'Looks at all that migrations need of this machine, and says of each ok, warn or fail, and what to do.',
    )
    .option(
      '-c, --config <file>',
      `the agent's configuration (default: ${DEFAULT_CONFIG_FILE}, if it is there)`,
    )
    .option('--json', 'print it as JSON, and nothing else')
    .addHelpText('after', HELP)
    .action(doctor);
}

async function doctor({ config: named, json }: DoctorOptions): Promise<void> {
  const file = named ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined);
  const settings = temporalSettings();
  const examinations =
    file === undefined
      ? examinationsElsewhere(settings)
      : examinationsOfHost(await readAgentConfig(file), settings);
  const sections: Section[] = [];
  for await (const section of examine(examinations)) {
    sections.push(section);
    if (!json) say(`${doctorSection(section)}\n`);
  }
  if (json) printJson('doctor', { config: file ?? null, sections });
  else say(doctorVerdict(sections, file));
  if (sections.some(({ findings }) => findings.some(({ verdict }) => verdict === 'fail')))
    process.exitCode = ExitCode.FailedSafe;
}
