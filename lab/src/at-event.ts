/** Does something on a host at the moment of a lifecycle event: by a watcher that runs there, since a call from outside is slow. */
import type { LabHost } from './host';
import { waitUntil } from './wait';

export interface AtEvent {
  /** The libvirt that is watched, as seen from the host. */
  uri: string;
  /** What virsh prints of the event, for example `Shutdown Finished after host request`. */
  event: string;
  /** Shell commands; `$qemu` is the pid of the only QEMU there, `$libvirtd` the daemon's. */
  act: string;
}

const LIMIT_MS = 90_000;

/** Settles when the watcher is there; `done` when it has acted, with what its commands printed. */
export async function atEvent(
  host: LabHost,
  { uri, event, act }: AtEvent,
): Promise<{ done(): Promise<string> }> {
  const folder = (await host.ssh('mktemp -d')).trim();
  await host.ssh(`
    qemu=$(pidof qemu-system-x86_64) libvirtd=$(pidof libvirtd)
    {
      { stdbuf -oL virsh -c ${uri} event --event lifecycle --loop --timeout 120 & echo $! >${folder}/virsh; wait; } |
      while read -r line; do
        case $line in *'${event}'*) { ${act}; } >${folder}/out; touch ${folder}/done; break ;; esac
      done
    } </dev/null >/dev/null 2>&1 &`);
  await waitUntil(
    `the watcher on ${host.name}`,
    async () => {
      const files = await host.ssh(`ls -l /proc/$(cat ${folder}/virsh)/fd 2>/dev/null || true`);
      return files.includes('socket:'); // connected; what is left before it listens is one call
    },
    { timeoutMs: LIMIT_MS },
  );
  const done = async (): Promise<string> => {
    await waitUntil(
      `"${event}" on ${host.name}`,
      async () => (await host.trySsh(`test -e ${folder}/done`)).code === 0,
      { timeoutMs: LIMIT_MS },
    );
    return host.ssh(`cat ${folder}/out; kill $(cat ${folder}/virsh) 2>/dev/null; rm -r ${folder}`);
  };
  return { done };
}
