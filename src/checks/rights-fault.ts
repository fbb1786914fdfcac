/** libvirt's refusal of the user that asks it, in our words. Pure. */

export interface RightsFault {
  /** A sentence. */
  what: string;
  fix: string;
}

/** Of whoever may not connect, from the first word on: what a peer says over ssh stands within other words. Seen: Debian 13, libvirt 11.3. */
const REFUSALS: readonly RegExp[] = [
  /^Failed to connect socket to '[^']+': Permission denied/,
  /^authentication failed: access denied by policy/,
  /^authentication unavailable: no polkit agent available/,
  /^authentication cancelled: user cancelled authentication process/,
];

/** `user`: who asked. Undefined if the message is of something else. */
export function rightsFault(
  message: string,
  { host, user }: { host: string; user: () => string },
): RightsFault | undefined {
  if (!REFUSALS.some((words) => words.test(message))) return undefined;
  const name = user();
  return {
    what: `libvirt on ${host} runs, but refuses the user ${name}.`,
    fix: `Let the agent's user use it: usermod -aG libvirt ${name} on ${host}, then systemctl restart vgpu-ferry-agent. To see it: sudo -u ${name} virsh -c qemu:///system version.`,
  };
}
