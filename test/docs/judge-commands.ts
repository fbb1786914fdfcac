/**
 * A program that says what is wrong with command lines of vgpu-ferry, by its own definition of its commands; none is carried
 * out. It is a process of its own because the completion's package is of a module kind that jest does not load.
 * In: JSON {whole: string[][], named: string[][]} on stdin. `whole`: as they stand; `named`: arguments may be missing.
 * Out: for each line null or what is wrong, `whole` first.
 */
import { readFileSync } from 'node:fs';
import { type Command, CommanderError } from 'commander';
import { createProgram } from '../../src/cli/program';

function everyCommand(program: Command): Command[] {
  return [program, ...program.commands.flatMap(everyCommand)];
}

async function problemOfWhole(words: string[]): Promise<string | null> {
  const program = await createProgram();
  for (const command of everyCommand(program)) {
    command.exitOverride((error) => {
      throw error;
    });
    command.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
    if (command !== program) command.action(() => undefined);
  }
  try {
    await program.parseAsync(words, { from: 'user' });
    return null;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return null; // --help, --version
    return error instanceof Error ? error.message : String(error);
  }
}

function problemOfNamed(program: Command, words: string[]): string | null {
  const [name = '', ...rest] = words;
  if (name.startsWith('-')) return null;
  const command = program.commands.find((one) => one.name() === name);
  if (!command) return `unknown command '${name}'`;
  const unknown = rest.filter(
    (word) =>
      word.startsWith('-') && !command.options.some((option) => [option.short, option.long].includes(word)),
  );
  return unknown.length > 0 ? `unknown option ${unknown.join(', ')}` : null;
}

async function main(): Promise<void> {
  const { whole, named } = JSON.parse(readFileSync(0, 'utf8')) as { whole: string[][]; named: string[][] };
  const program = await createProgram();
  const problems: (string | null)[] = [];
  for (const words of whole) problems.push(await problemOfWhole(words));
  for (const words of named) problems.push(problemOfNamed(program, words));
  process.stdout.write(JSON.stringify(problems));
}

void main();
