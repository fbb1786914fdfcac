/** Writes down what passes between the hosts, as the network itself sees it: by the emulated machine, outside the host. */
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { LabHost } from './host';

/** Id of the filter that boot.ts gives each machine. */
export const CAPTURE = 'capture';

const FILE_HEADER_BYTES = 24;

/** What passed at `host` while `work` ran: the capture's text, see pcap.ts. */
export async function captured(host: LabHost, work: () => Promise<void>): Promise<Buffer> {
  const file = host.captureFile();
  const before = (await stat(file)).size;
  await switchTo(host, 'on');
  try {
    await work();
  } finally {
    await switchTo(host, 'off');
  }
  const all = await readFile(file);
  return Buffer.concat([all.subarray(0, FILE_HEADER_BYTES), all.subarray(before)]);
}

async function switchTo(host: LabHost, status: 'on' | 'off'): Promise<void> {
  await qmp(host, 'qom-set', { path: `/objects/${CAPTURE}`, property: 'status', value: status });
}

/** One command on a connection of its own: QEMU serves one at a time. */
async function qmp(host: LabHost, execute: string, args: object): Promise<void> {
  const socket = connect(host.qmpSocket());
  try {
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    const answer = async (): Promise<Record<string, unknown>> => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`QEMU of ${host.name} closed its monitor`);
        const message = JSON.parse(value) as Record<string, unknown>;
        if (!('event' in message)) return message;
      }
    };
    await answer(); // its greeting
    for (const command of [{ execute: 'qmp_capabilities' }, { execute, arguments: args }]) {
      socket.write(`${JSON.stringify(command)}\n`);
      const { error } = await answer();
      if (error) throw new Error(`QEMU of ${host.name} refused ${command.execute}: ${JSON.stringify(error)}`);
    }
  } finally {
    socket.end();
    await once(socket, 'close');
  }
}
