/** The alert rules with their times made short: their causes are made within seconds, and `for` an hour nobody waits. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const RULES = join(__dirname, '..', '..', 'deploy', 'prometheus', 'alerts.yml');

/** Beside each `for:`: what stands in the expression, once, and what stands for it. */
const SHORTENED: readonly [from: string, to: string][] = [
  ['vgpu_ferry_steps_waiting_longest_seconds) > 600', 'vgpu_ferry_steps_waiting_longest_seconds) > 2'],
  ['> 3 * vgpu_ferry_sweep_interval_seconds', '> 0.05 * vgpu_ferry_sweep_interval_seconds'],
  ['vgpu_ferry_last_look_timestamp_seconds) > 300', 'vgpu_ferry_last_look_timestamp_seconds) > 4'],
];

export function shortRules(): string {
  const rules = SHORTENED.reduce(
    (text, [from, to]) => {
      if (text.split(from).length !== 2) throw new Error(`alerts.yml does not have "${from}" once`);
      return text.replace(from, to);
    },
    readFileSync(RULES, 'utf8'),
  );
  return rules.replace(/^( +for:) .*$/gm, '$1 1s');
}

/** Of all alerts in the file. */
export function alertNames(): string[] {
  return [...readFileSync(RULES, 'utf8').matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => name!);
}
