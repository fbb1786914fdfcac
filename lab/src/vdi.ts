/** An empty disk of 1 MiB in VirtualBox's format, which QEMU reads and does not migrate (block/vdi.c). */
import type { LabHost } from './host';

const SIGNATURE = 0xbeda_107f;
const VERSION = 0x0001_0001;
const HEADER_BYTES = 0x180;
const DYNAMIC = 1;
const SECTOR_BYTES = 512;
const DISK_BYTES = 1024 * 1024;
const AT = { map: 0x200, data: 0x400 };
const NOT_ALLOCATED = 0xffff_ffff;

export async function makeVdiDisk(host: LabHost, file: string): Promise<void> {
  await host.ssh(`base64 -d >${file} <<'VDI'\n${emptyVdi().toString('base64')}\nVDI`);
}

/** The offsets are VdiHeader's. */
function emptyVdi(): Buffer {
  const image = Buffer.alloc(AT.data);
  const fields: [number, number][] = [
    [0x40, SIGNATURE],
    [0x44, VERSION],
    [0x48, HEADER_BYTES],
    [0x4c, DYNAMIC],
    [0x154, AT.map],
    [0x158, AT.data],
    [0x168, SECTOR_BYTES],
    [0x170, DISK_BYTES], // 64 bits; the upper half stays 0
    [0x178, DISK_BYTES], // of a block
    [0x180, 1], // blocks in the image
    [AT.map, NOT_ALLOCATED],
  ];
  for (const [offset, value] of fields) image.writeUInt32LE(value, offset);
  return image;
}
