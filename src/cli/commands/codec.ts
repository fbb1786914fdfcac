/** `vgpu-ferry codec`: the keys that payloads are encrypted with. */
import type { Command } from 'commander';
import {
  type AddedKey,
  CODEC_KEYS_VARIABLE,
  addKey,
  checkOf,
  codecKeysFile,
  readKeyring,
} from '../../temporal/codec';
import { printJson } from '../json';
import { columns } from '../columns';

/** Where the samples of the package point. */
const DEFAULT_FILE = '/etc/vgpu-ferry/codec-keys.json';

const HELP = `
What stands in Temporal (inputs, results, heartbeats, error messages) is encrypted once a process is told of keys:
  VGPU_FERRY_CODEC_KEYS=${DEFAULT_FILE}
Agents, orchestrators and this command need the same keys. First all of them must be able to decrypt, then they may
encrypt: docs/temporal-security.md says it step by step.`;

const KEYGEN_HELP = `
The key itself is not shown. A new file is made with mode 0600 and with "encrypt": false: whoever has it decrypts, and
encrypts nothing yet. In a file that has keys, the one that encrypts stays: name the new one as "active" when all have it.

Examples:
  vgpu-ferry codec keygen
  vgpu-ferry codec keygen --keys ./codec-keys.json --id 2027-spring

Exit status: 0 made; 2 the file cannot be used.`;

const KEYS_HELP = `
Two processes have the same key if id and check are the same. The check is the beginning of the key's SHA-256 hash.

Exit status: 0 shown; 2 there is no such file, or it cannot be used.`;

interface FileOption {
  keys?: string;
}

export function addCodecCommand(program: Command): void {
  const codec = program
    .command('codec')
    .summary('make and show the keys of the payload codec')
    .description('Makes and shows the keys that payloads in Temporal are encrypted with.')
    .addHelpText('after', HELP);
  onFile(codec, 'keygen')
    .summary('make a key')
    .description('Makes a key, in a new file or beside those that a file has, and prints its id.')
    .option('--id <id>', 'its name; default: today, and something that keeps it apart')
    .addHelpText('after', KEYGEN_HELP)
    .action(({ id, ...option }: FileOption & { id?: string }) => keygen(fileOf(option), id));
  onFile(codec, 'keys')
    .summary('show which keys a file has')
    .description('Shows the ids of the keys, and which of them encrypts; never a key.')
    .option('--json', 'print it as JSON, and nothing else')
    .addHelpText('after', KEYS_HELP)
    .action(({ json, ...option }: FileOption & { json?: boolean }) => show(fileOf(option), json === true));
}

function onFile(codec: Command, name: string): Command {
  return codec
    .command(name)
    .option(
      '--keys <file>',
      `file with the keys (default: that of ${CODEC_KEYS_VARIABLE}, or ${DEFAULT_FILE})`,
    );
}

function fileOf({ keys }: FileOption): string {
  return keys ?? codecKeysFile() ?? DEFAULT_FILE;
}

/** The id alone on standard output: for scripts. */
function keygen(file: string, id: string | undefined): void {
  const added = addKey(file, id);
  console.log(added.id);
  process.stderr.write(`${whatNext(added, file)}\n`);
}

function whatNext({ id, check, newFile, encryptsWith }: AddedKey, file: string): string {
  const now = encryptsWith === null ? 'Nothing is encrypted yet' : `"${encryptsWith}" goes on encrypting`;
  const next = newFile ? 'set "encrypt": true' : `set "active": "${id}"`;
  return `Key ${id} (check ${check}) is in ${file}. ${now}. When all processes have this file and were restarted, ${next} in it, and restart them again.`;
}

function show(file: string, json: boolean): void {
  const { keys, encryptsWith } = readKeyring(file);
  const rows = [...keys].map(([id, key]) => ({ id, check: checkOf(key), encrypts: id === encryptsWith }));
  if (json) return printJson('codec keys', { file, encryptsWith, keys: rows });
  const table = rows.map(({ id, check, encrypts }) => [id, check, encrypts ? 'encrypts' : 'decrypts only']);
  console.log(columns([['KEY', 'CHECK', 'IS USED FOR'], ...table]));
}
