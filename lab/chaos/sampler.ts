/**
 * Watches a guest in a host all the time: its QEMU processes, from /proc, and how far its own counter has come, from its
 * serial log. Five times a second, by a program inside the host, so that a short-lived second copy is seen too.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { LabHost } from '../src/host';
import { type GuestSpec, serialLog } from '../src/guest';
import { waitUntil } from '../src/wait';
import type { Sample } from './copies';

const EVERY_SECONDS = 0.2;
const SILENCE_LIMIT_MS = 30_000;

const SAMPLE = `
$| = 1;
my ($uuid, $log) = @ARGV;
my @pids; my $round = 0;
sub text { my ($path) = @_; open my $f, "<", $path or return ""; local $/; my $t = <$f>; return $t // "" }
sub ours { return text("/proc/$_[0]/cmdline") =~ /qemu.*\\x{0}-uuid\\x{0}$uuid\\x{0}/s }
sub counter {
  open my $f, "<", $log or return "";
  seek $f, -300, 2 or seek $f, 0, 0;
  local $/; my $t = <$f> // ""; my @n = $t =~ /^n=(\\d+) .*\\n/mg; return @n ? $n[-1] : "";
}
while (1) {
  my $all = $round++ % 3 == 0;
  @pids = grep { ours($_) } ($all ? map { m{/proc/(\\d+)} } glob("/proc/[0-9]*") : @pids);
  my ($uptime) = split / /, text("/proc/uptime");
  printf "%d %d %s\\n", $uptime * 1000, scalar @pids, counter();
  select undef, undef, undef, ${EVERY_SECONDS};
}
`;

export class Sampler {
  private samples: Sample[] = [];
  /** From the host's uptime to our clock: the fastest line so far tells best. */
  private offsetMs = Infinity;
  private count = 0;
  private complaint = '';

  private constructor(
    private readonly host: LabHost,
    private readonly child: ChildProcessWithoutNullStreams,
  ) {
    createInterface({ input: child.stdout }).on('line', (line) => this.add(line));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.complaint += text));
  }

  static of(host: LabHost, guest: GuestSpec): Sampler {
    return new Sampler(host, host.open(`exec perl -e '${SAMPLE}' ${guest.uuid} ${serialLog(guest)}`));
  }

  /** Forgets what was before: a new cell begins. */
  reset(): void {
    this.samples = [];
  }

  /** By our clock. */
  taken(): Sample[] {
    return this.samples.map((sample) => ({ ...sample, atMs: sample.atMs + this.offsetMs }));
  }

  /** Throws if nothing has come for a while: no samples must not pass for no copies. */
  async works(): Promise<void> {
    const known = this.count;
    await waitUntil(`samples from ${this.host.name}`, () => this.count > known, {
      timeoutMs: SILENCE_LIMIT_MS,
      onTimeout: () => this.complaint,
    });
  }

  end(): void {
    this.child.kill('SIGKILL');
  }

  private add(line: string): void {
    const [atMs = NaN, processes = NaN, n] = line
      .split(' ')
      .map((word) => (word === '' ? NaN : Number(word)));
    if (Number.isNaN(atMs) || Number.isNaN(processes)) return;
    this.offsetMs = Math.min(this.offsetMs, Date.now() - atMs);
    this.count++;
    this.samples.push({ atMs, processes, counter: n === undefined || Number.isNaN(n) ? null : n });
  }
}
