/** The agent's configuration file: read once, refused with every mistake named. */
import { readFile } from 'node:fs/promises';
import { type ParseError, parse, printParseErrorCode, visit } from 'jsonc-parser';
import { z } from 'zod';
import { brief, isHostId, show } from '../contract';
import { PROFILE_NUMBERS } from '../convergence';
import { uriProblem } from './libvirt-uri';

const hostId = z
  .string()
  .refine(isHostId, "required a host id: lower-case letters, digits, '-' and '.', at most 63");
const uri = z.string().superRefine((text, context) => {
  const problem = uriProblem(text);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

type ProfileNumber = (typeof PROFILE_NUMBERS)[number][0];

/** A strict object that names its keys when it meets another: most of them are misspelt. */
function section<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: ({ code, keys }) =>
      code === 'unrecognized_keys'
        ? `unknown: ${keys.map(show).join(', ')}; known here: ${Object.keys(shape).join(', ')}`
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
  framebufferMiB: z
    .number()
    .int()
    .min(0)
    .max(MOST_FRAMEBUFFER_MIB)
    .exactOptional()
    .describe('Memory of one such vGPU in MiB; it counts as RAM in the time limits'),
  policy: profilePolicy
    .exactOptional()
    .describe("What a migration's own policy leaves open; see policies.md"),
});

/** Names and addresses as they stand in certificates; libvirt gets them as they are. */
const HOST_NAME = '[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}';
const hostName = z.string().regex(new RegExp(`^(${HOST_NAME})$`), 'required a host name or an address');
const migrationUri = z
  .string()
  .regex(
    /^tcp:\/\/([A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?$/,
    'required tcp://<name or address>, such as tcp://10.0.0.2 or tcp://[fd00::2]',
  );

const peer = section({
  libvirtUri: uri
    .refine((text) => URL.canParse(text), 'required a URI that can be read')
    .describe("Where that host's libvirt answers"),
  migrationTls: z
    .enum(['required', 'off'])
    .exactOptional()
    .describe(
      "`required`: guests' memory and vGPU state go there over TLS, by QEMU's certificates; see tls.md. Left out: as `requireTls` says",
    ),
  tlsDestination: hostName
    .exactOptional()
    .describe("Name in that host's QEMU certificate, if it is none of those that migrations reach it by"),
  migrationUri: migrationUri
    .exactOptional()
    .describe('Where migrations go, if to another network than its libvirt says: `tcp://<address>`'),
});

/** Its descriptions are the reference: docs/reference-config.md is made of them. */
export const configSchema = section({
  host: hostId.describe(
    "This host's id: its task queues carry it, and migrations name it. No two hosts may have the same",
  ),
  stateDir: z
    .string()
    .regex(/^\/[^\0]*$/, 'required an absolute path')
    .default('/var/lib/vgpu-ferry')
    .describe('Folder of the ledger of claimed devices; on a local disk, and it must survive a reboot'),
  libvirtUri: uri.default('qemu:///system').describe('The local daemon'),
  simulatedFleet: z
    .string()
    .min(1)
    .optional()
    .describe('File of a simulated fleet, for a look without libvirt; leave it out on a real host'),
  peers: z
    .record(hostId, peer)
    .default({})
    .describe('The other hosts, by their ids; the agent connects to no others'),
  requireTls: z
    .boolean()
    .default(false)
    .describe(
      'No guest leaves this host, and no peer is asked, but over TLS (libvirt also by SSH); see tls.md. Nothing in a migration can lower it',
    ),
  askQemu: z
    .boolean()
    .default(false)
    .describe(
      "Before a migration, and in a dry run, the guest's QEMU itself is asked what it would refuse it for. libvirt has no call for that, " +
        'and counts a guest whose monitor was asked as tainted (custom-monitor) until its QEMU ends; so not unless you say so. Without it QEMU is asked by libvirt when the migration begins, before anything moves',
    ),
  maxMigrations: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe('Outgoing migrations at a time; more wait their turn'),
  profiles: z
    .record(z.string().min(1), profile)
    .default({})
    .describe(
      "By mdev type id: its framebuffer, and how its guests' migrations are brought to converge; see policies.md",
    ),
  reconcileEveryMinutes: z
    .number()
    .int()
    .min(0)
    .max(1440)
    .default(10)
    .describe('Minutes between two sweeps of this host for what was left behind; 0 = none; see reconcile.md'),
}).superRefine(({ peers, requireTls }, context) => {
  for (const [name, { migrationTls, tlsDestination }] of Object.entries(peers))
    if (
      tlsDestination !== undefined &&
      migrationTls !== 'required' &&
      !(requireTls && migrationTls === undefined)
    )
      context.addIssue({
        code: 'custom',
        path: ['peers', name, 'tlsDestination'],
        message: 'counts only with "migrationTls": "required"',
      });
});

export type AgentConfig = z.infer<typeof configSchema>;

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
  const read = withoutOverflow(file, () => configSchema.safeParse(parseJson(file, text)));
  if (!read.success)
    throw new ConfigError(`Configuration ${file} is not valid:\n${brief(z.prettifyError(read.error))}`);
  return read.data;
}

/** JSON, with comments and trailing commas allowed: a person writes this file. */
function parseJson(file: string, text: string): unknown {
  const errors: ParseError[] = [];
  refusePrototypes(file, text);
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first === undefined) return value;
  throw new ConfigError(
    `Configuration ${file} is not JSON: ${printParseErrorCode(first.error)} at ${placeOf(text, first.offset)}`,
  );
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`;
}

/** The parser would take it for what the object inherits from: a setting that no check sees. */
function refusePrototypes(file: string, text: string): void {
  const onObjectProperty = (property: string, offset: number): void => {
    if (property === '__proto__')
      throw new ConfigError(
        `Configuration ${file} is not valid: "__proto__" at ${placeOf(text, offset)} is no setting`,
      );
  };
  visit(text, { onObjectProperty }, { allowTrailingComma: true });
}

/** The parser calls itself for each level, and so do the checks. */
function withoutOverflow<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigError(`Configuration ${file} is not valid: it is nested too deeply`);
  }
}
