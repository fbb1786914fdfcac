/** Writes a file that the command line names. */
import { writeFile } from 'node:fs/promises';
import { unwritable } from '../files/unwritable';
import { UnwritableFileError } from './errors';

export async function writeOutput(option: string, file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    const fault = unwritable(error);
    throw fault ? new UnwritableFileError(`${option} ${file}: ${fault.found}. ${fault.fix}`) : error;
  }
}
