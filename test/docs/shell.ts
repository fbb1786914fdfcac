/** Shell text, as far as the documents use it: which commands stand in it. Nothing is run here. */

/** Values of what stands in angle brackets, for commands that are looked at only; a fleet has its own (fleet.ts). */
export const PLACEHOLDERS: Record<string, string> = {
  'guest uuid': '6a1b2c3d-0000-4000-8000-000000000001',
  guest: '6a1b2c3d-0000-4000-8000-000000000001',
  host: 'host-a',
  source: 'host-a',
  destination: 'host-b',
  side: 'source',
  shell: 'bash',
  id: '7',
  'run id': '6a1b2c3d-0000-4000-8000-000000000002',
  n: '5',
  version: '0.1.0',
  architecture: 'amd64',
  ms: '2000',
  'MiB/s': '500',
  'host-a address': '192.0.2.10',
};

/** A line that is a command, as prose and tables have them. */
export const PROGRAM_IN_LINE = /^(?:TEMPORAL_\w+=\S+ )?(?:vgpu-ferry|temporal|npm|npx) /;

/** Refuses a placeholder without a value; what stands in a comment is none. */
export function filledIn(text: string, values: Record<string, string> = PLACEHOLDERS): string {
  return text.replace(/(?:^|\s)#[^\n]*|<([a-z][\w -]*(?:\/s)?)>/gi, (all, name?: string) => {
    if (name === undefined) return all;
    const value = values[name];
    if (value === undefined)
      throw new Error(`${all} has no value here; known: ${Object.keys(values).join(', ')}`);
    return value;
  });
}

const TOKEN =
  /\\\n|\s*#[^\n]*|[ \t]+|\n|&&|\|\|?|;|&|\d?>>?(?:&\d)?\s*[^\s;|&]*|(?:'[^']*'|"(?:\\.|[^"])*"|\$\((?:[^()]|\([^()]*\))*\)|\\.|[^\s'"\\;|&>#$]|\$|(?<=\S)#)+/gy;

/** Each command as its words, without quotes; redirections are left out. */
export function commandsOf(text: string): string[][] {
  const commands: string[][] = [[]];
  let read = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    read += token.length;
    if (/^(\n|&&|\|\|?|;|&)$/.test(token)) commands.push([]);
    else if (/^\S/.test(token) && !/^(\\\n|#|\d?>)/.test(token)) commands.at(-1)!.push(withoutQuotes(token));
  }
  if (read < text.length) throw new Error(`this cannot be read: ${text.slice(read)}`);
  return commands.filter((words) => words.length > 0);
}

function withoutQuotes(word: string): string {
  if (word.startsWith('$(')) return word;
  return word.replace(/'([^']*)'|"((?:\\.|[^"])*)"/g, (_all, single?: string, double?: string) =>
    single !== undefined ? single : (double ?? '').replace(/\\(["\\$`])/g, '$1'),
  );
}

/** Without what stands before the program: settings, `sudo -u user`, `env`, `npx`. */
export function withoutPrefix(words: readonly string[]): string[] {
  const [first = '', second] = words;
  if (/^[A-Z_]+=|^\$\(/.test(first) || ['env', 'npx', 'exec'].includes(first))
    return withoutPrefix(words.slice(1));
  if (first === 'sudo') return withoutPrefix(words.slice(second === '-u' ? 3 : 1));
  return [...words];
}
