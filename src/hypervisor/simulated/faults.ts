/** Armed faults: which one strikes now, and its blow. */
import type { CallFault, CallName, Fault, FaultPhase, PhaseFault } from './fault';
import { cutLink, endQemu, killLibvirtd } from './outages';
import type { FleetState, MigrationJob } from './state';
import { findDomain, hostNamed } from './state';

/** Lets every fault strike that waits for this point of this job. */
export function strikeAtPhase(fleet: FleetState, job: MigrationJob, phase: FaultPhase): void {
  const due = fleet.faults.filter(
    (fault): fault is PhaseFault =>
      'phase' in fault && fault.phase === phase && (fault.guest ?? job.guest) === job.guest,
  );
  for (const fault of due) {
    spend(fleet, fault);
    applyToJob(fleet, job, fault);
  }
}

function applyToJob(fleet: FleetState, job: MigrationJob, fault: PhaseFault): void {
  if (fault.kind === 'link-down') cutLink(fleet, job.source, job.target, fault.healAfterMs);
  else if (fault.kind === 'kill-libvirtd')
    killLibvirtd(fleet, job[fault.on], fault.restartAfterMs, fault.otherRace);
  else if (findDomain(hostNamed(fleet, job[fault.on]), job.guest))
    endQemu(fleet, job[fault.on], job.guest, 'crashed');
}

/** Takes the first fault that waits for this call; the caller applies it before or after the call's effect. */
export function takeCallFault(fleet: FleetState, host: string, call: CallName): CallFault | undefined {
  const fault = fleet.faults.find(
    (armed): armed is CallFault => 'call' in armed && armed.call === call && armed.host === host,
  );
  if (fault) spend(fleet, fault);
  return fault;
}

function spend(fleet: FleetState, fault: Fault): void {
  fleet.faults = fleet.faults.filter((armed) => armed !== fault);
  fleet.firedFaults.push(fault);
  fleet.revision++;
}
