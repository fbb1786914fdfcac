/**
 * Watches a guest in a host all the time: its QEMU processes, from /proc, and how far its own counter has come, from its
 * serial log. Five times a second, by a program inside the host, so that a short-lived second copy is seen too.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { LabHost } from '../src/host';
import { type GuestSpec, serialLog } from '../src/guest';
import type { Sample } from './copies';

const EVERY_SECONDS = 0.2;

const SAMPLE = `
use Time::HiRes qw(time sleep); $| = 1;
my ($uuid, $log) = @ARGV;
my @pids; my $round = 0;
sub text { my ($path) = @_; open my $f, "<", $path or return ""; local $/; my $t = <$f>; return $t // "" }
sub ours { return text("/proc/$_[0]/cmdline") =~ /qemu.*\\0-uuid\\0$uuid\\0/s }
sub counter {
  open my $f, "<", $log or return "";
  seek $f, -300, 2 or seek $f, 0, 0;
  local $/; my $t = <$f> // ""; my @n = $t =~ /^n=(\\d+) .*\\n/mg; return @n ? $n[-1] : "";
}
while (1) {
  my $all = $round++ % 3 == 0;
  @pids = grep { ours($_) } ($all ? map { m{/proc/(\\d+)} } glob("/proc/[0-9]*") : @pids);
  printf "%d %d %s\\n", time * 1000, scalar @pids, counter();
  sleep ${EVERY_SECONDS};
}
`;

export class Sampler {
  private samples: Sample[] = [];
  /** Host's clock to ours: the fastest line so far tells best. */
  private offsetMs = Infinity;

  private constructor(private readonly child: ChildProcessWithoutNullStreams) {
    createInterface({ input: child.stdout }).on('line', (line) => this.add(line));
  }

  static of(host: LabHost, guest: GuestSpec): Sampler {
    return new Sampler(host.open(`exec perl -e '${SAMPLE}' ${guest.uuid} ${serialLog(guest)}`));
  }

  /** Forgets what was before: a new cell begins. */
  reset(): void {
    this.samples = [];
  }

  /** By our clock. */
  taken(): Sample[] {
    return this.samples.map((sample) => ({ ...sample, atMs: sample.atMs + this.offsetMs }));
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
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
    this.samples.push({ atMs, processes, counter: n === undefined || Number.isNaN(n) ? null : n });
  }
}
