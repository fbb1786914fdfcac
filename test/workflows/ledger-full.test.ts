/** The destination's ledger cannot be written: a migration fails as such with nothing touched, or waits with its end until there is room. */
import { ErrorType } from '../../src/contract';
import { hostDisk } from '../../src/claims/disk';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { failureOf } from '../support/failures';
import { type Ferry, useFerry } from '../support/ferry';
import { holdAutostart } from '../support/held-call';
import { until } from '../support/until';

const guest = SAMPLE_GUEST.uuid;
let ferry: Ferry;
let full: boolean;
useFerry((made) => (ferry = made));

beforeEach(async () => {
  full = false;
  ferry.disk = {
    ...hostDisk,
    write: (path, text) =>
      full
        ? Promise.reject(
            Object.assign(new Error('ENOSPC: no space left on device, write'), {
              code: 'ENOSPC',
              syscall: 'write',
            }),
          )
        : hostDisk.write(path, text),
  };
  await ferry.stopAgent('host-b');
  await ferry.startAgent('host-b');
});

test('before the claim: the failure names host, folder and mend; with room it migrates', async () => {
  full = true;
  expect(await failureOf(await ferry.migrate({ guest }))).toMatchObject({
    type: ErrorType.LedgerUnwritable,
    message: expect.stringMatching(/host-b: the ledger in .*host-b cannot be written: ENOSPC.*Make room/),
  });
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
  expect(await ferry.fleet.mdevs('host-b')).toEqual([]);
  expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
  full = false;
  expect(await (await ferry.migrate({ guest })).result()).toMatchObject({ runsOn: 'host-b' });
});

test('after the move: its end waits, saying for what, and comes when there is room', async () => {
  const { open } = holdAutostart(ferry);
  const handle = await ferry.migrate({ guest });
  await until(async () => (await handle.query<{ stage: string }>('progress')).stage === 'finalize');
  full = true;
  open();
  await until(async () => {
    const { raw } = await handle.describe();
    return /ENOSPC/.test(raw.pendingActivities?.[0]?.lastFailure?.message ?? '');
  });
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
  expect(await ferry.ledgerFiles('host-b', 'claims')).toHaveLength(2);
  full = false;
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
  expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
});
