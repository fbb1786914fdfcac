/** What a service tells systemd: that it is ready, that it stops, and, again and again, that it still turns. */
import { koffi } from '../koffi';

/** sd_notify(3); outside of systemd nobody is told anything. */
export interface ServiceManager {
  ready(): void;
  stopping(): void;
}

type Notify = (state: string) => void;

/** Tells `notify` twice in the time after which systemd would take the process for hung: the event loop turns, or nothing is told. */
export function serviceManager(
  env: NodeJS.ProcessEnv = process.env,
  notify: Notify = env.NOTIFY_SOCKET ? systemd() : () => undefined,
): ServiceManager {
  let watchdog: NodeJS.Timeout | undefined;
  return {
    ready() {
      notify('READY=1');
      const everyMs = watchdogMs(env) / 2;
      if (everyMs > 0) watchdog = setInterval(() => notify('WATCHDOG=1'), everyMs).unref();
    },
    stopping() {
      clearInterval(watchdog);
      notify('STOPPING=1');
    },
  };
}

/** 0 = no watchdog, or one for another process. */
function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv): number {
  if (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== process.pid) return 0;
  return Number(WATCHDOG_USEC ?? 0) / 1000;
}

/** Node has no datagram sockets of the Unix family; systemd's own library sends the word. */
function systemd(): Notify {
  const notify = koffi
    .load('libsystemd.so.0')
    .func('int sd_notify(int unset_environment, const char *state)');
  return (state) => void (notify as (unset: number, state: string) => number)(0, state);
}
