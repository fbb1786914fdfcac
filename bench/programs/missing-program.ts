/** What is measured needs a program that this machine lacks: the other suites go on. */
export class MissingProgramError extends Error {
  override readonly name = 'MissingProgramError';
}
