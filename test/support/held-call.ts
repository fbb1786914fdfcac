/** A call of a simulated hypervisor that waits until the test lets it go, however long the machine takes for what comes before. */
import type { Hypervisor } from '../../src/hypervisor/port';
import type { Ferry } from './ferry';

/** Of all hosts. Let go at the latest by `jest.restoreAllMocks()` and `open()`. */
export function holdAutostart(ferry: Ferry): { open(): void } {
  const adapter = Object.getPrototypeOf(ferry.hypervisor('host-b')) as Hypervisor;
  const { setAutostart } = adapter;
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const spy = jest.spyOn(adapter, 'setAutostart').mockImplementation(async function (
    this: Hypervisor,
    ...args
  ) {
    await opened;
    return setAutostart.apply(this, args);
  });
  return {
    open: () => {
      open();
      spy.mockRestore();
    },
  };
}
