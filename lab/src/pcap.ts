/** Reads what was captured between the hosts: what TCP carried to a port. Pure. */

const FILE_HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;
const ETHERNET_BYTES = 14;
const ETHERTYPE_IPV4 = 0x0800;
const PROTOCOL_TCP = 6;

/** Payload of all TCP segments to ports of that range, in the order in which they came. */
export function sentTo(capture: Buffer, first: number, last = first): Buffer {
  const segments = [...packets(capture)].map(tcpOf).filter((segment) => segment !== undefined);
  return Buffer.concat(
    segments.filter(({ port }) => port >= first && port <= last).map(({ payload }) => payload),
  );
}

/** QEMU's filter-dump writes the machine's own byte order: little-endian here. A last packet may be incomplete. */
function* packets(capture: Buffer): Generator<Buffer> {
  let at = FILE_HEADER_BYTES;
  while (at + PACKET_HEADER_BYTES <= capture.length) {
    const length = capture.readUInt32LE(at + 8);
    at += PACKET_HEADER_BYTES;
    if (at + length > capture.length) return;
    yield capture.subarray(at, at + length);
    at += length;
  }
}

function tcpOf(packet: Buffer): { port: number; payload: Buffer } | undefined {
  if (packet.length < ETHERNET_BYTES + 40 || packet.readUInt16BE(12) !== ETHERTYPE_IPV4) return undefined;
  const ip = packet.subarray(ETHERNET_BYTES);
  if (ip.readUInt8(9) !== PROTOCOL_TCP) return undefined;
  const tcp = ip.subarray((ip.readUInt8(0) & 0x0f) * 4, ip.readUInt16BE(2)); // Ethernet may have padded it
  return { port: tcp.readUInt16BE(2), payload: tcp.subarray((tcp.readUInt8(12) >> 4) * 4) };
}
