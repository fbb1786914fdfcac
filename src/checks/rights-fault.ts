/** libvirt's refusal of the user that asks it, in our words. Pure. */

export interface RightsFault {
  /** A sentence. */
  what: string;
  fix: string;
}

/** Seen on Debian 13 (libvirt 11.3, polkit 126), or read in libvirt's src/rpc and src/access. */
const REFUSALS: readonly RegExp[] = [
  /Failed to connect socket to '[^']+': Permission denied/,
  /authentication failed: access denied by policy/,
  /authentication unavailable: no polkit agent available/,
  /authentication cancelled: user cancelled authentication process/,
  /\baccess denied(?:: .*)?$/, // of one right, where libvirtd.conf has access_drivers
];

/** `user`: who asked. Undefined if the message is of something else. */
export function rightsFault(
  message: string,
  { host, user }: { host: string; user: string },
): RightsFault | undefined {
  if (!REFUSALS.some((words) => words.test(message))) return undefined;
  return {
    what: `libvirt on ${host} runs, but refuses the user ${user}.`,
    fix: `Let it use libvirt: usermod -aG libvirt ${user} on ${host}, then systemctl restart vgpu-ferry-agent. To see it: sudo -u ${user} virsh -c qemu:///system version.`,
  };
}
