/** What stands in the ledger's files: a content and its checksum, so that a torn or rotten file is told from a good one. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { MOST_RECORD_BYTES } from './disk';

const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a UUID in lower case');
const text = z.string().min(1);

const claimRecord = z.strictObject({
  /** Of the record's form. A record of another version is set aside like a damaged one, never guessed at. */
  version: z.literal(1),
  /** Fences release and consumption. */
  claimId: text,
  /** Workflow id and first run id of the migration that holds the device. */
  migration: z.strictObject({ workflow: text, run: text }),
  guest: text,
  type: text,
  parent: text,
  /** The device on the source that this one stands for. */
  source: uuid,
  /** The device on this host. */
  target: uuid,
  /** We create it (or have created it) for this claim; false: it was here. */
  created: z.boolean(),
  /** ISO 8601, this host's clock. */
  claimedAt: z.iso.datetime(),
  /**
   * Of a device that we created and whose guest has arrived: once nobody uses it, `remove` = it is a leak; `keep` = a
   * migration's policy left it behind on purpose. Absent from older records: then nobody can tell, and it is kept.
   */
  whenUnused: z.enum(['remove', 'keep']).optional(),
});

const quarantineRecord = z.strictObject({ record: claimRecord, reason: text, since: z.iso.datetime() });

/** Made once: to make a schema takes longer than to read a record by it. */
const signed = z.strictObject({ checksum: z.string(), content: z.unknown() });

/** One claimed device. */
export type ClaimRecord = z.infer<typeof claimRecord>;

/** A device that was set aside by us, and why. */
export type QuarantineRecord = z.infer<typeof quarantineRecord>;

export type Decoded<T> = { ok: true; value: T } | { ok: false; why: string };

export function encode(content: ClaimRecord | QuarantineRecord): string {
  // Indented for the operator who opens it; no final newline, so that every shortened file is an invalid one.
  return JSON.stringify({ checksum: checksumOf(content), content }, null, 2);
}

export function decodeClaim(file: string): Decoded<ClaimRecord> {
  return decode(file, claimRecord);
}

export function decodeQuarantine(file: string): Decoded<QuarantineRecord> {
  return decode(file, quarantineRecord);
}

function decode<T>(file: string, schema: z.ZodType<T>): Decoded<T> {
  try {
    return decodeShallow(file, schema);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, why: 'it is nested too deeply' }; // JSON is read at any depth, but neither written nor checked
  }
}

function decodeShallow<T>(file: string, schema: z.ZodType<T>): Decoded<T> {
  if (Buffer.byteLength(file) > MOST_RECORD_BYTES)
    return { ok: false, why: `it is longer than any record (${MOST_RECORD_BYTES} bytes)` };
  const envelope = signed.safeParse(jsonOf(file));
  if (!envelope.success) return { ok: false, why: 'it is torn: not a checksum and a content' };
  const { checksum, content } = envelope.data;
  if (checksum !== checksumOf(content)) return { ok: false, why: 'its content does not have its checksum' };
  const parsed = schema.safeParse(content);
  if (!parsed.success)
    return {
      ok: false,
      why: `it is not of the form that this version reads: ${z.prettifyError(parsed.error)}`,
    };
  return { ok: true, value: parsed.data };
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(file);
  } catch {
    return undefined;
  }
}

/** Of the content without its spaces; JSON keeps the order of its fields through reading and writing. A missing one has one too. */
function checksumOf(content: unknown): string {
  return createHash('sha256')
    .update(String(JSON.stringify(content)))
    .digest('hex');
}
