/** What a host's configuration says of vGPU types, merged for a guest that may have several. */
import { type ConvergencePolicy, POLICY_NUMBERS } from '../contract';

export interface VgpuProfile {
  framebufferMiB?: number;
  policy?: Partial<ConvergencePolicy>;
}

/** By mdev type id. */
export type VgpuProfiles = Readonly<Record<string, VgpuProfile>>;

export interface GuestProfile {
  /** Null if nothing is said of any of its types. */
  profile: Partial<ConvergencePolicy> | null;
  /** Of all its vGPUs, as far as it is configured. */
  framebufferMiB: number;
}

type NumberField = Exclude<keyof ConvergencePolicy, 'onTimeout'>;

/** Whole numbers of a profile: name, least, most. The link's bandwidth is no matter of a vGPU's type. */
export const PROFILE_NUMBERS = POLICY_NUMBERS.filter(
  (row): row is Exclude<(typeof POLICY_NUMBERS)[number], readonly ['bandwidthMiBps', ...unknown[]]> =>
    row[0] !== 'bandwidthMiBps',
);

/** Where 0 means "no limit", and so is more than any number. */
const ZERO_IS_NO_LIMIT: readonly NumberField[] = ['completionTimeoutSecondsPerGiB', 'progressTimeoutSeconds'];

/** `types`: one for each vGPU of the guest. The slowest device needs the most generous numbers, and all move together. */
export function guestProfile(types: readonly (string | null)[], profiles: VgpuProfiles): GuestProfile {
  const found = types.map((type) => (type !== null && Object.hasOwn(profiles, type) ? profiles[type]! : {}));
  const framebufferMiB = found.reduce((sum, profile) => sum + (profile.framebufferMiB ?? 0), 0);
  return { profile: mergePolicies(found.map(({ policy }) => policy ?? {})), framebufferMiB };
}

function mergePolicies(policies: Partial<ConvergencePolicy>[]): Partial<ConvergencePolicy> | null {
  const numbers = PROFILE_NUMBERS.flatMap(([field]) => {
    const values = policies.flatMap((policy) => policy[field] ?? []);
    return values.length > 0 ? [[field, mostGenerous(field, values)] as const] : [];
  });
  const merged = { ...Object.fromEntries(numbers), ...timeoutAction(policies) };
  return Object.keys(merged).length > 0 ? merged : null;
}

function mostGenerous(field: NumberField, values: number[]): number {
  return ZERO_IS_NO_LIMIT.includes(field) && values.includes(0) ? 0 : Math.max(...values);
}

/** A longer stop has to be right for every vGPU of the guest: a type that says nothing of it has not agreed. */
function timeoutAction(
  policies: Partial<ConvergencePolicy>[],
): Pick<Partial<ConvergencePolicy>, 'onTimeout'> {
  if (policies.every(({ onTimeout }) => onTimeout === undefined)) return {};
  const all = policies.every(({ onTimeout }) => onTimeout === 'force-complete');
  return { onTimeout: all ? 'force-complete' : 'abort' };
}
