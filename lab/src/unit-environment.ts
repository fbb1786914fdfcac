/** What the package's unit gives an agent: whoever starts one without systemd starts it with the same. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const UNIT = join(__dirname, '..', '..', 'packaging', 'systemd', 'vgpu-ferry-agent.service');

export function unitEnvironment(unit = readFileSync(UNIT, 'utf8')): Record<string, string> {
  const settings = [...unit.matchAll(/^Environment=(\w+)=(\S+)$/gm)];
  return Object.fromEntries(settings.map(([, name, value]): [string, string] => [name!, value!]));
}
