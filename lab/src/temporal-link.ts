/**
 * The way of one host's agent to Temporal: a TCP proxy on the outside machine that can stop forwarding. Cutting it cuts
 * exactly one link, as dropped packets would: connections stay open, and nothing arrives.
 */
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

export class TemporalLink {
  private readonly sockets = new Set<Socket>();
  private waiting: (() => void)[] = [];
  private up = true;

  private constructor(
    private readonly server: Server,
    private readonly temporalPort: number,
  ) {
    server.on('connection', (client) => this.accept(client));
  }

  static async to(temporalPort: number): Promise<TemporalLink> {
    const server = createServer({ pauseOnConnect: true }).listen(0, LOOPBACK);
    await once(server, 'listening');
    return new TemporalLink(server, temporalPort);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  cut(): void {
    this.up = false;
    for (const socket of this.sockets) socket.pause();
  }

  /** What was sent meanwhile arrives now. */
  heal(): void {
    this.up = true;
    for (const socket of this.sockets) socket.resume();
    for (const open of this.waiting.splice(0)) open();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }

  /** Who connects over a cut link hears nothing until it is healed. */
  private accept(client: Socket): void {
    this.track(client);
    const open = (): void => {
      if (!client.destroyed) this.join(client);
    };
    if (this.up) open();
    else this.waiting.push(open);
  }

  private join(client: Socket): void {
    const temporal = connect(this.temporalPort, LOOPBACK);
    this.track(temporal);
    forward(client, temporal);
    forward(temporal, client);
    client.resume();
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }
}

/** By hand instead of `pipe`, which would resume a socket that was paused by a cut. */
function forward(from: Socket, to: Socket): void {
  from.on('data', (chunk: Buffer) => void to.write(chunk));
  from.on('end', () => to.end());
  from.on('close', () => to.destroy());
}
