/** Is the clock kept right: TLS and the ledger's dates rest on it. Temporal keeps a migration's time by its own. */
import { koffi } from '../koffi';
import { type Finding, ok, warn } from './finding';

/** adjtimex(2): the state of a clock that nothing keeps right. */
const TIME_ERROR = 5;
/** More than struct timex has on any 64-bit Linux (208 bytes). */
const TIMEX_BYTES = 256;

const NO_SERVICE = 'Run a time service: chrony, systemd-timesyncd or ntpd.';

export async function lookAtClock(): Promise<Finding[]> {
  return [judgeClock(clockState())];
}

/** `state`: what adjtimex returns. */
export function judgeClock(state: number): Finding {
  const subject = 'clock';
  return state === TIME_ERROR || state < 0
    ? warn(subject, 'the kernel does not know it to be synchronized', NO_SERVICE)
    : ok(subject, 'synchronized');
}

/** Asks only (modes = 0), which needs no right. */
function clockState(): number {
  const adjtimex = koffi.load(null).func('int adjtimex(void *timex)') as (timex: Buffer) => number;
  return adjtimex(Buffer.alloc(TIMEX_BYTES));
}
