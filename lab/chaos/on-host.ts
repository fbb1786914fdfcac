/**
 * What waits inside a host to be done there at once. An outside command costs 100 ms or more under emulation, so a shell
 * with everything looked up is started beforehand; it acts at a word from outside, or at a line of libvirtd's log.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { LabHost } from '../src/host';

/** `prepare` is run when armed, `act` when it strikes. Shell, best without starting any program. */
export interface HostAction {
  prepare?: string;
  act: string;
}

/** Lines that libvirtd writes when a phase of the switchover begins: on the source, and on the target. */
export const PHASE_LINE = {
  finish: { source: ': Finish3 0x', destination: ': qemuMigrationDstFinish:' },
  confirm: { source: ': Confirm3 0x', destination: ': qemuMigrationDstFinish:' },
} as const;

const LIBVIRTD_LOG = '/var/log/libvirt/libvirtd.log';
const ARMED = 'armed';
const STRUCK = 'struck';
const ARMING_LIMIT_MS = 60_000;
const STRIKING_LIMIT_MS = 360_000;

/** Follows a file from its end; at the first line with the pattern it lets a waiting shell act. */
const FOLLOW = `
$| = 1;
my ($file, $pattern, $shell) = @ARGV;
open my $sh, "|-", "sh", "-c", $shell or die; select $sh; $| = 1; select STDOUT;
open my $log, "<", $file or die; seek $log, 0, 2;
print "${ARMED}\\n";
my ($end, $line) = (time + ${STRIKING_LIMIT_MS / 1000}, "");
while (time < $end) {
  while (defined(my $part = <$log>)) {
    $line .= $part;
    next if $line !~ /\\n\\z/;
    if (index($line, $pattern) >= 0) { print $sh "go\\n"; close $sh or exit 1; print "${STRUCK}\\n"; exit 0 }
    $line = "";
  }
  seek $log, 0, 1;
  select undef, undef, undef, 0.002;
}
exit 1;
`;

/** An action that waits inside a host. */
export class Armed {
  private readonly lines: string[] = [];
  private readonly waiting = new Map<string, () => void>();

  private constructor(
    private readonly what: string,
    private readonly child: ChildProcessWithoutNullStreams,
  ) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.lines.push(line);
      this.waiting.get(line)?.();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.lines.push(text));
    child.stdin.on('error', () => undefined);
  }

  /** Acts when `fire` is called. */
  static async byHand(host: LabHost, action: HostAction): Promise<Armed> {
    const script = `${action.prepare ?? ':'}; echo ${ARMED}; read -r go || exit 1; { ${action.act}; } && echo ${STRUCK}`;
    return Armed.ready(new Armed(`${action.act} on ${host.name}`, host.open(script)));
  }

  /** Acts at the first new line of libvirtd's log that has this text. */
  static async atLogLine(host: LabHost, text: string, action: HostAction): Promise<Armed> {
    const shell = `${action.prepare ?? ':'}; read -r go || exit 1; ${action.act}`;
    const child = host.open(`perl -e ${quoted(FOLLOW)} ${LIBVIRTD_LOG} ${quoted(text)} ${quoted(shell)}`);
    return Armed.ready(new Armed(`${action.act} on ${host.name} at "${text}"`, child));
  }

  fire(): void {
    this.child.stdin.write('go\n');
  }

  /** Settles when the action has been done. */
  struck(limitMs = STRIKING_LIMIT_MS): Promise<void> {
    return this.says(STRUCK, limitMs);
  }

  /** Its end without a strike; the shell in the host sees its input close. */
  disarm(): void {
    this.child.stdin.destroy();
    this.child.kill('SIGKILL');
  }

  private static async ready(armed: Armed): Promise<Armed> {
    try {
      await armed.says(ARMED, ARMING_LIMIT_MS);
    } catch (error) {
      armed.disarm();
      throw error;
    }
    return armed;
  }

  private says(word: string, limitMs: number): Promise<void> {
    if (this.lines.includes(word)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`${this.what}: ${why}\n${this.lines.join('\n')}`));
      const timer = setTimeout(() => fail(`not ${word} within ${limitMs / 1000} s`), limitMs);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.waiting.set(word, done);
      this.child.once('close', () => {
        clearTimeout(timer);
        if (!this.lines.includes(word)) fail(`ended before it was ${word}`);
      });
    });
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
