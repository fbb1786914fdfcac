/** Runs programs with a time limit. Nothing in the lab waits for a program that hangs. */
import { spawn } from 'node:child_process';
import { PATIENCE } from './patience';

export interface RunOptions {
  timeoutMs?: number;
  input?: string;
  cwd?: string;
  env?: Record<string, string>;
  /** Show the program's stderr as it comes, for long builds. */
  showStderr?: boolean;
}

export interface Ran {
  /** Null if it was ended by a signal. */
  code: number | null;
  stdout: string;
  stderr: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Runs a program to its end, whatever its exit code. Rejects if it cannot be started or takes too long. */
export function run(program: string, args: string[], options: RunOptions = {}): Promise<Ran> {
  const limit = (options.timeoutMs ?? DEFAULT_TIMEOUT_MS) * PATIENCE;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: 'pipe',
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (options.showStderr) process.stderr.write(text);
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      // A grandchild may hold the pipes open: without this, 'close' would wait for it.
      child.stdout.destroy();
      child.stderr.destroy();
      reject(
        new Error(`${commandLine(program, args)} did not end within ${limit / 1000} s\n${stdout}${stderr}`),
      );
    }, limit);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`could not run ${program}: ${error.message}`));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
    // A program that ends without reading its input is judged by its exit code, not by the broken pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** Runs a program that has to succeed, and returns what it printed. */
export async function must(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) {
    throw new Error(
      `${commandLine(program, args)} failed (exit code ${code ?? 'none'}): ${stderr.trim()} ${stdout.trim()}`,
    );
  }
  return stdout;
}

function commandLine(program: string, args: string[]): string {
  const text = [program, ...args].join(' ');
  return text.length > 300 ? `${text.slice(0, 297)}...` : text;
}
