/** A forked process of ours: started until it says that it is ready, asked, and ended. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { end, endWithUs } from '../programs/ferry';
import { ROOT } from '../harness/machine';
import type { FarmSettings, FromChild, Placement, ToChild } from './ipc';

const REGISTER = join(ROOT, 'test', 'support', 'register-ts.js');

export class Child {
  private constructor(private readonly process: ChildProcess) {}

  static async start(program: string, settings: FarmSettings, role = ''): Promise<Child> {
    const child = fork(join(__dirname, `${program}.ts`), [JSON.stringify(settings), role], {
      execArgv: ['-r', REGISTER],
    });
    endWithUs(child);
    await answer(child);
    return new Child(child);
  }

  get pid(): number {
    return this.process.pid!;
  }

  async placement(): Promise<Placement> {
    const answered = answer(this.process);
    this.process.send({ ask: 'placement' } satisfies ToChild);
    const told = await answered;
    if (told.say !== 'placement') throw new Error(`unexpected answer ${told.say}`);
    return told.placement;
  }

  stop(): Promise<void> {
    return end(this.process, 'SIGKILL');
  }
}

async function answer(child: ChildProcess): Promise<FromChild> {
  const ended = new AbortController();
  const onExit = (): void => ended.abort(new Error('a process of the fleet has ended'));
  child.once('exit', onExit);
  try {
    const [message] = (await once(child, 'message', { signal: ended.signal })) as [FromChild];
    return message;
  } finally {
    child.off('exit', onExit);
  }
}
