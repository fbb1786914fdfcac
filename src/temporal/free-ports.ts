/** Free TCP ports for a server that we are about to start. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

export class PortUnusableError extends Error {
  override readonly name = 'PortUnusableError';
}

/** Two different ports that nobody listens on: those wished for, or any. */
export async function freePorts(host: string, ...wished: [number?, number?]): Promise<[number, number]> {
  const first = await hold(host, wished[0]);
  try {
    const second = await hold(host, wished[1]);
    await second.release();
    return [first.port, second.port];
  } finally {
    await first.release();
  }
}

async function hold(
  host: string,
  wished: number | undefined,
): Promise<{ port: number; release(): Promise<void> }> {
  const holder = createServer();
  try {
    await once(holder.listen(wished ?? 0, host), 'listening');
  } catch (error) {
    throw new PortUnusableError(
      `Port ${wished ?? 0} of ${host} cannot be used (${String(error)}): stop what listens there, or choose another.`,
      { cause: error },
    );
  }
  const release = async (): Promise<void> => {
    holder.close();
    await once(holder, 'close');
  };
  return { port: (holder.address() as AddressInfo).port, release };
}
