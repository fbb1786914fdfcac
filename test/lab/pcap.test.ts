/** A capture as QEMU's filter-dump writes it, and what TCP carried to a port in it. */
import { sentTo } from '../../lab/src/pcap';

const header = Buffer.alloc(24);

function packet(port: number, payload: string, { padding = 0, protocol = 6 } = {}): Buffer {
  const ethernet = Buffer.alloc(14);
  ethernet.writeUInt16BE(0x0800, 12);
  const ip = Buffer.alloc(24); // with an option
  ip.writeUInt8(0x46, 0);
  ip.writeUInt16BE(ip.length + 20 + payload.length, 2);
  ip.writeUInt8(protocol, 9);
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(port, 2);
  tcp.writeUInt8(0x50, 12);
  const frame = Buffer.concat([ethernet, ip, tcp, Buffer.from(payload), Buffer.alloc(padding)]);
  const record = Buffer.alloc(16);
  record.writeUInt32LE(frame.length, 8);
  record.writeUInt32LE(frame.length, 12);
  return Buffer.concat([record, frame]);
}

test('the payload to those ports, in its order, without padding', () => {
  const capture = Buffer.concat([
    header,
    packet(49_152, 'ab', { padding: 4 }),
    packet(16_509, 'x'),
    packet(49_153, 'cd'),
    packet(49_152, ''),
    packet(49_152, 'udp', { protocol: 17 }),
  ]);
  expect(sentTo(capture, 49_152, 49_215).toString()).toBe('abcd');
  expect(sentTo(capture, 16_509).toString()).toBe('x');
  expect(sentTo(capture, 22).length).toBe(0);
});

test('a last packet that is not whole is left out, and so is what is not IPv4', () => {
  const strange = packet(49_152, 'ab');
  strange.writeUInt16BE(0x86dd, 16 + 12);
  const capture = Buffer.concat([
    header,
    strange,
    packet(49_152, 'cd'),
    packet(49_152, 'ef').subarray(0, 30),
  ]);
  expect(sentTo(capture, 49_152).toString()).toBe('cd');
  expect(sentTo(header, 49_152).length).toBe(0);
});
