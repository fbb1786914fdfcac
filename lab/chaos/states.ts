/** What libvirt on both hosts says of the guest from the strike on, each change with its time: facts for docs/libvirt.md. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LabHost } from '../src/host';
import { run } from '../src/shell';

const EVERY_MS = 500;
/** A daemon that is stopped does not answer; the next look is soon enough. */
const ANSWER_LIMIT_MS = 5_000;

export class States {
  readonly changes: string[] = [];
  private on = true;

  constructor(
    private readonly guest: string,
    hosts: Record<string, LabHost>,
    private readonly since = Date.now(),
  ) {
    for (const [side, host] of Object.entries(hosts)) void this.watch(side, host);
  }

  stop(): void {
    this.on = false;
  }

  private async watch(side: string, host: LabHost): Promise<void> {
    let last = '';
    while (this.on) {
      const state = await stateOn(host, this.guest);
      if (state !== last)
        this.changes.push(`${((Date.now() - this.since) / 1000).toFixed(1)} s ${side}: ${state}`);
      last = state;
      await pause(EVERY_MS);
    }
  }
}

async function stateOn(host: LabHost, guest: string): Promise<string> {
  const args = ['-q', '-c', host.libvirtUri, 'domstate', '--reason', guest];
  const asked = await run('virsh', args, { timeoutMs: ANSWER_LIMIT_MS }).catch(() => undefined);
  if (!asked) return 'no answer';
  if (asked.code === 0) return asked.stdout.trim();
  return /failed to get domain/.test(asked.stderr) ? 'absent' : 'no answer';
}
