/** One client's calls to one host's daemon: reachability, armed faults, waiting for a domain's job lock. */
import type { HypervisorError } from '../port';
import { changeFleet, changing, readFleet, waitForFleet } from './access';
import type { FleetAccess } from './access';
import { connectRefused, daemonDied, jobLockTimeout, peerConnectionGone, toHypervisorError } from './errors';
import type { CallFault, CallName } from './fault';
import { takeCallFault } from './faults';
import { killLibvirtd } from './outages';
import type { FleetState, HostState } from './state';
import { activeJob, hostNamed } from './state';
import { nextChangeAt } from './timeline';

type Operation<T> = (fleet: FleetState, host: HostState) => T;

export class HostCalls {
  private readonly closed = new AbortController();

  constructor(
    readonly access: FleetAccess,
    readonly hostName: string,
  ) {}

  read<T>(call: CallName, operation: Operation<T>): Promise<T> {
    return this.withFaults(call, () =>
      readFleet(this.access, (fleet) => operation(fleet, this.reachable(fleet))),
    );
  }

  change<T>(call: CallName, operation: Operation<T>): Promise<T> {
    return this.withFaults(call, () =>
      changeFleet(this.access, (fleet) => operation(fleet, this.reachable(fleet))),
    );
  }

  /** As `change`, but waits, as libvirt does, while another job holds the domain. */
  changeUnderJobLock<T>(call: CallName, guest: string, operation: Operation<T>): Promise<T> {
    return this.withFaults(call, () => {
      let givesUpAt: number | undefined;
      return this.wait((fleet) => {
        const host = this.reachable(fleet);
        if (!activeJob(fleet, host.name, guest))
          return { value: changing(fleet, () => operation(fleet, host)) };
        givesUpAt ??= fleet.now + fleet.timing.jobLockMs;
        if (fleet.now >= givesUpAt) throw jobLockTimeout();
        return { lookAgainAt: Math.min(givesUpAt, nextChangeAt(fleet) ?? givesUpAt) };
      });
    });
  }

  /** Waits on the fleet until the client closes. */
  wait<T>(look: (fleet: FleetState) => { value: T } | { lookAgainAt: number | undefined }): Promise<T> {
    return waitForFleet(this.access, look, this.closed.signal);
  }

  private reachable(fleet: FleetState): HostState {
    const host = hostNamed(fleet, this.hostName);
    if (!host.libvirtd.up) throw connectRefused(this.hostName);
    return host;
  }

  private async withFaults<T>(call: CallName, run: () => Promise<T>): Promise<T> {
    this.closed.signal.throwIfAborted();
    const fault = await readFleet(this.access, (fleet) => takeCallFault(fleet, this.hostName, call));
    if (!fault) return run();
    if (fault.effect === 'none') await this.suffer(fault);
    const result = await run();
    if (fault.effect === 'done') await this.suffer(fault);
    return result;
  }

  /** Returns only from a delay. */
  private async suffer(fault: CallFault): Promise<void> {
    if (fault.kind === 'call-delay') return this.sleep(fault.ms);
    if (fault.kind === 'call-error') throw toHypervisorError(fault);
    await changeFleet(this.access, (fleet) => killLibvirtd(fleet, this.hostName, fault.restartAfterMs));
    throw toHypervisorError(daemonDied);
  }

  private sleep(ms: number): Promise<void> {
    let until: number | undefined;
    return this.wait((fleet) => {
      until ??= fleet.now + ms;
      return fleet.now >= until ? { value: undefined } : { lookAgainAt: until };
    });
  }

  /** Calls under way are lost to this client; what they began goes on. */
  close(): void {
    this.closed.abort(toHypervisorError(peerConnectionGone) satisfies HypervisorError);
  }
}
