/** The agent's configuration file: read once, refused with every mistake named. */
import { readFile } from 'node:fs/promises';
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { z } from 'zod';
import { isHostId } from '../contract';
import { PROFILE_NUMBERS } from '../convergence';

const hostId = z
  .string()
  .refine(isHostId, "required a host id: lower-case letters, digits, '-' and '.', at most 63");
const uri = z.string().regex(/^[a-z0-9+]+:\/\//, 'required a URI, such as qemu+tls://host-b/system');

type ProfileNumber = (typeof PROFILE_NUMBERS)[number][0];

/** A strict object that names its keys when it meets another: most of them are misspelt. */
function section<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: ({ code, keys }) =>
      code === 'unrecognized_keys'
        ? `unknown: ${keys.map((key) => `"${key}"`).join(', ')}; known here: ${Object.keys(shape).join(', ')}`
        : undefined,
  });
}

/** Of a policy only what is a matter of the vGPU; the bounds are those of a migration's policy. */
const profilePolicy = section({
  ...(Object.fromEntries(
    PROFILE_NUMBERS.map(([field, least, most]) => [
      field,
      z.number().int().min(least).max(most).exactOptional(),
    ]),
  ) as Record<ProfileNumber, z.ZodExactOptional<z.ZodNumber>>),
  onTimeout: z.enum(['abort', 'force-complete']).exactOptional(),
});

/** No GPU has more memory than a tebibyte. */
const MOST_FRAMEBUFFER_MIB = 1_048_576;

const profile = section({
  framebufferMiB: z.number().int().min(0).max(MOST_FRAMEBUFFER_MIB).exactOptional(),
  policy: profilePolicy.exactOptional(),
});

const schema = section({
  /** This host's id: its task queues carry it, and migrations name it. */
  host: hostId,
  /** Folder of the claims' ledger; must survive a reboot. */
  stateDir: z.string().startsWith('/', 'required an absolute path').default('/var/lib/vgpu-ferry'),
  /** The local daemon. */
  libvirtUri: uri.default('qemu:///system'),
  /** File of a simulated fleet: then no libvirt is used. */
  simulatedFleet: z.string().min(1).optional(),
  /** Where the other hosts' daemons answer; the agent connects to no others. */
  peers: z.record(hostId, section({ libvirtUri: uri })).default({}),
  /** Outgoing migrations at a time; more wait their turn. */
  maxMigrations: z.number().int().min(1).max(64).default(2),
  /** By mdev type id: its framebuffer, and how its guests' migrations are brought to converge. See docs/policies.md. */
  profiles: z.record(z.string().min(1), profile).default({}),
  /** Minutes between two sweeps of this host, on a Temporal schedule; 0 = none. See docs/reconcile.md. */
  reconcileEveryMinutes: z.number().int().min(0).max(1440).default(10),
});

export type AgentConfig = z.infer<typeof schema>;

/** Where the package's service, and the commands without --config, look for it. */
export const DEFAULT_CONFIG_FILE = '/etc/vgpu-ferry/agent.json';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export async function readAgentConfig(file: string): Promise<AgentConfig> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new ConfigError(`Configuration ${file} cannot be read: ${error.message}. Pass --config <file>.`);
  });
  return parseAgentConfig(file, text);
}

export function parseAgentConfig(file: string, text: string): AgentConfig {
  const read = schema.safeParse(parseJson(file, text));
  if (!read.success)
    throw new ConfigError(`Configuration ${file} is not valid:\n${z.prettifyError(read.error)}`);
  return read.data;
}

/** JSON, with comments and trailing commas allowed: a person writes this file. */
function parseJson(file: string, text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first === undefined) return value;
  const before = text.slice(0, first.offset).split('\n');
  const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`;
  throw new ConfigError(`Configuration ${file} is not JSON: ${printParseErrorCode(first.error)} at ${place}`);
}
