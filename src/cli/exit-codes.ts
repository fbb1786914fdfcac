/** What the program's exit status tells a script. */
export const ExitCode = {
  Done: 0,
  /** Failed, and the guest is where it was; nothing is left behind. */
  FailedSafe: 1,
  /** The command line or a configuration is wrong; nothing was started. */
  Usage: 2,
  /** Aborted as asked; the guest is where it was. */
  Aborted: 3,
  /** A person has to look: the guest ended, or the end of the move could not be completed. */
  NeedsPerson: 4,
  /** Temporal or a program that is needed cannot be reached. */
  Unavailable: 5,
} as const;
