/** A second machine under one host id is refused before it polls. */
import { hostname } from 'node:os';
import { ConfigError } from '../../src/agent/config';
import { refuseTakenHostId } from '../../src/agent/namesake';
import { machinesOf } from '../../src/temporal/workers';
import { type Ferry, useFerry } from '../support/ferry';
import { until } from '../support/until';

let ferry: Ferry;
useFerry((made) => (ferry = made));

test('an id that another machine uses is refused, with both names; the same machine may start anew', async () => {
  await until(async () => (await machinesOf(ferry.client, 'host-a')).length > 0);
  const refused = refuseTakenHostId(ferry.client, 'host-a', 'another-machine');
  await expect(refused).rejects.toThrow(ConfigError);
  await expect(refused).rejects.toThrow(
    `Host id host-a is in use by an agent on ${hostname()}; this machine is another-machine`,
  );
  await refuseTakenHostId(ferry.client, 'host-a', hostname());
  await refuseTakenHostId(ferry.client, 'host-z', 'another-machine');
});
