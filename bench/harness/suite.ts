/** What a suite is, and what it is given. */
import type { SuiteOutput } from './results';

export interface Context {
  /** How often each thing is measured; a suite says what it takes if nobody has said. */
  rounds: number;
  /** As little as shows that all works. */
  quick: boolean;
  /** A line of progress for whoever waits. */
  say(line: string): void;
  /** Removed afterwards. */
  folder: string;
}

export interface Suite {
  name: string;
  /** One line for --list. */
  summary: string;
  /** On two quiet cores, with the default rounds. */
  minutes: number;
  rounds: number;
  run(context: Context): Promise<SuiteOutput>;
}
