/** Registers for domains' events, as the connection's thread does it; they are delivered by the event loop's thread. */
import { VIR_DOMAIN_EVENT_ID_LIFECYCLE } from './constants';
import { checked, type Context, domainOf } from './context';
import type { EventTarget } from './event-loop';

/**
 * `guest` null: of all domains. Lasts as long as the connection, which libvirt would not free before its end. libvirt takes
 * it once for a guest and connection.
 */
export function watchLifecycle(context: Context, guest: string | null, target: EventTarget): void {
  const { library, connection, whileOpen } = context;
  const domain = guest === null ? null : domainOf(context, guest);
  const { callback, listener } = target;
  const id = checked(
    context,
    library.virConnectDomainEventRegisterAny(
      connection,
      domain,
      VIR_DOMAIN_EVENT_ID_LIFECYCLE,
      callback,
      BigInt(listener),
      null,
    ),
  );
  whileOpen.own(id, () => library.virConnectDomainEventDeregisterAny(connection, id));
}
