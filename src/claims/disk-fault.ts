/** What the ledger's disk can refuse, told as what an operator can mend. */
import { LedgerDiskError } from './errors';

/** By error code of the system. Others are faults of ours, and stay as they are. */
const MENDS: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room on that disk (df -h, df -i)',
  EDQUOT: "Raise the quota of the agent's user there, or make room",
  EROFS:
    "Mount that disk writable, or name the folder in the unit's ReadWritePaths= (systemctl edit vgpu-ferry-agent)",
  EACCES: "Give that folder to the agent's user (chown -R), mode 0700",
  EPERM: "Give that folder to the agent's user (chown -R), mode 0700",
  EIO: "Look at that disk: the kernel's log says what has failed",
  EMFILE: "Raise the agent's limit of open files (LimitNOFILE)",
  ENFILE: "Raise the host's limit of open files (fs.file-max)",
};

/** No record is half written by it: each is there in whole, or is not. */
export async function tellingDiskFaults<T>(host: string, dir: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw diskFault(host, dir, error) ?? error;
  }
}

function diskFault(host: string, dir: string, error: unknown): LedgerDiskError | undefined {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  const mend = syscall === undefined ? undefined : MENDS[code ?? ''];
  if (mend === undefined) return undefined;
  return new LedgerDiskError(
    `${host}: the ledger in ${dir} cannot be written: ${message}. Records that stand were not touched; what was asked for is tried again. ${mend}.`,
    { cause: error },
  );
}
