/** Whether a host's agent and the workflow understand each other. */
import type { FailedCheck } from '../contract';

export function protocolChecks(host: string, protocol: number, required: number): FailedCheck[] {
  if (protocol >= required) return [];
  return [
    {
      check: 'agent-protocol',
      host,
      found: `agent on ${host} speaks protocol ${protocol}`,
      required: `protocol ${required} or later`,
      fix: `Upgrade the agent on ${host}.`,
    },
  ];
}
