/** How a process writes and reads payloads: the same for agents, orchestrators and clients. */
import path from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { AesGcmCodec } from './aes-gcm';
import type { Keyring } from './keyring';

/** Next to this file, compiled or not; next to the program in the Debian package. */
const ACTIVITY_FAILURES = path.join(__dirname, 'activity-failures');

export function dataConverterWith(ring: Keyring): DataConverter {
  return {
    payloadCodecs: [new AesGcmCodec(ring)],
    ...(ring.encryptsWith !== null && { failureConverterPath: ACTIVITY_FAILURES }),
  };
}
