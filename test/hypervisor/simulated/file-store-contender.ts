/** A process that shares a fleet through its file: `add` raises its revision again and again, `migrate` never returns. */
import { createSimulatedHypervisor, fileStore, SAMPLE_GUEST } from '../../../src/hypervisor/simulated';

const [, , what, path = '', argument = ''] = process.argv;

async function add(times: number): Promise<void> {
  const store = fileStore(path);
  for (let i = 0; i < times; i++) await store.update((fleet) => fleet.revision++);
}

async function migrate(request: string): Promise<void> {
  const hypervisor = createSimulatedHypervisor({ store: fileStore(path), host: 'host-a' });
  await hypervisor.migrate(
    SAMPLE_GUEST.uuid,
    JSON.parse(request) as Parameters<typeof hypervisor.migrate>[1],
  );
}

void (what === 'add' ? add(Number(argument)) : migrate(argument));
