/** The keys of the agent's configuration, from its schema; docs/reference-config.md is made of them. */
import { z } from 'zod';
import { configSchema } from '../../src/agent/config';
import { environment } from './environment';

/** What is used of a JSON Schema. */
interface Schema {
  type?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  default?: unknown;
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | false;
}

export interface Key {
  /** Those of nested objects behind their own; `<id>` stands for a name that is free. */
  name: string;
  /** Type, and what it may be. */
  value: string;
  /** As JSON; undefined: it has none. */
  preset: string | undefined;
  meaning: string;
}

export function configKeys(): Key[] {
  return keysOf(z.toJSONSchema(configSchema, { io: 'input' }) as Schema);
}

export function configPage(made: string): string {
  const rows = configKeys().map(
    ({ name, value, preset, meaning }) =>
      `| \`${name}\` | ${value} | ${preset === undefined ? '' : `\`${preset}\``} | ${meaning} |`,
  );
  return [
    "# The agent's configuration",
    made,
    'JSON; comments and trailing commas are allowed. `vgpu-ferry agent` reads `/etc/vgpu-ferry/agent.json`, or the file of `--config`, and refuses it with every mistake named. The package brings a commented sample.',
    ['| key | value | default | meaning |', '|---|---|---|---|', ...rows].join('\n'),
    '## Environment',
    'Of all programs. The services read `/etc/vgpu-ferry/temporal.env`.',
    [
      '| variable | meaning |',
      '|---|---|',
      ...environment().map(([name, meaning]) => `| \`${name}\` | ${meaning} |`),
    ].join('\n'),
  ].join('\n\n');
}

function keysOf({ properties = {} }: Schema, above = ''): Key[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const name = `${above}${key}`;
    const values = schema.additionalProperties;
    const { default: preset, description: meaning = '' } = schema;
    return [
      ...[
        {
          name,
          value: valueOf(schema),
          preset: preset === undefined ? preset : JSON.stringify(preset),
          meaning,
        },
      ],
      ...keysOf(schema, `${name}.`),
      ...(values ? keysOf(values, `${name}.<id>.`) : []),
    ];
  });
}

function valueOf({ type, enum: words, minimum, maximum }: Schema): string {
  if (words) return words.map((word) => `\`${word}\``).join(' or ');
  return minimum === undefined ? (type ?? '') : `${type}, ${minimum} to ${maximum}`;
}
