/** What a cell that went wrong leaves for who looks for the reason: history, logs, and what both hosts say. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readableHistory } from '../src/history';
import type { LabHost } from '../src/host';
import { AGENT_LOG } from '../src/product';
import { type Cell, nameOf } from './cell';
import type { Ground } from './ground';

const HOST_STATE = `
  virsh list --all; virsh domstate --reason desk; virsh domjobinfo desk
  ps axo pid,stat,lstart,args | grep -E 'qemu-system|libvirtd|node ' | grep -v grep | cut -c1-160
  ls -R /sys/bus/mdev/devices /etc/mdevctl.d /var/lib/vgpu-ferry
  tail -n 5 /var/log/guest-desk.log
  tail -n 60 ${AGENT_LOG}.old ${AGENT_LOG}
  grep -E 'error|Prepare3|Perform3|Finish3|Confirm3|DstFinish' /var/log/libvirt/libvirtd.log | tail -n 40 | cut -c1-250`;

/** The folder that it was written to. */
export async function keepEvidence(ground: Ground, cell: Cell, why: string): Promise<string> {
  const folder = await folderOf(ground, cell);
  const { migrations, guest, lab } = ground;
  const history = await readableHistory(migrations.of(guest.uuid)).catch(String);
  await writeFile(join(folder, 'why.txt'), `${why}\n`);
  await writeFile(join(folder, 'history.txt'), history);
  for (const host of [lab.a, lab.b]) await writeFile(join(folder, `${host.name}.txt`), await stateOf(host));
  return folder;
}

/** Of every cell: what libvirt said while it went on, and why the migrate step had failed. */
export async function keepStates(ground: Ground, cell: Cell, states: readonly string[]): Promise<void> {
  const { events } = await ground.migrations.of(ground.guest.uuid).fetchHistory();
  const failures = (events ?? []).flatMap(({ activityTaskFailedEventAttributes: failed }) =>
    failed?.failure
      ? [
          `${failed.failure.message}${failed.failure.cause?.message ? `: ${failed.failure.cause.message}` : ''}`,
        ]
      : [],
  );
  await writeFile(
    join(await folderOf(ground, cell), 'states.txt'),
    `${[...states, ...failures].join('\n')}\n`,
  );
}

async function folderOf(ground: Ground, cell: Cell): Promise<string> {
  const folder = join(ground.lab.folder, 'evidence', nameOf(cell).replaceAll('/', '.'));
  await mkdir(folder, { recursive: true });
  return folder;
}

async function stateOf(host: LabHost): Promise<string> {
  const { stdout, stderr } = await host.trySsh(HOST_STATE);
  return stdout + stderr;
}
