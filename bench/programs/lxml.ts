/** Python's lxml in a process of its own, in an environment made for it; or why there is none. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

const VERSION = '6.0.2';

export class Lxml {
  private constructor(
    private readonly child: ChildProcess,
    private readonly answers: Interface,
  ) {}

  static async start(folder: string): Promise<Lxml> {
    const child = spawn(await pythonWithLxml(folder), [join(__dirname, 'replace_mdevs.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return new Lxml(child, createInterface({ input: child.stdout }));
  }

  /** Milliseconds for one replacement, the mean of so many. */
  async rewrite(xml: string, mapping: ReadonlyMap<string, string>, times: number): Promise<number> {
    const answer = once(this.answers, 'line') as Promise<[string]>;
    this.child.stdin!.write(`${JSON.stringify({ xml, mapping: Object.fromEntries(mapping), times })}\n`);
    const { seconds, complete } = JSON.parse((await answer)[0]) as { seconds: number; complete: boolean };
    if (!complete) throw new Error('lxml has not replaced all UUIDs');
    return seconds * 1000;
  }

  async stop(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.stdin!.end();
    await exit;
  }
}

/** The system's own, if it has lxml; else a virtual environment with it, from PyPI. */
async function pythonWithLxml(folder: string): Promise<string> {
  const system = await run('python3', ['-c', 'import lxml']).then(
    () => true,
    () => false,
  );
  if (system) return 'python3';
  const environment = join(folder, 'python');
  await run('python3', ['-m', 'venv', environment]);
  const python = join(environment, 'bin', 'python');
  await run(python, ['-m', 'pip', 'install', '--quiet', '--only-binary=:all:', `lxml==${VERSION}`]);
  return python;
}
