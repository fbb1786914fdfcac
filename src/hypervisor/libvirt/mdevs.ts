/** The host's mediated devices through libvirt: what its parents offer, what there is, create and remove. */
import { setTimeout as pause } from 'node:timers/promises';

import { type CreateMdev, HypervisorError, type MdevDevice, type MdevTypeOffer } from '../port';
import type { Connection } from './connection';
import { VIR_ERR_INTERNAL_ERROR, VIR_ERR_SYSTEM_ERROR, VIR_FROM_NODEDEV, VIR_FROM_NONE } from './constants';
import { mdevIn, mdevTypesIn, mdevXml } from './mdev-xml';
import { waitUntil } from './wait';

/** udev's event and libvirt's re-reading of mdevctl's definitions take up to tenths of a second, during which a migration waits; a slow host more. */
const SETTLE = { everyMs: 20, limitMs: 30_000 } as const;

/** For what should be true already, or is only worth a short wait. */
const SETTLE_SOON = { everyMs: 20, limitMs: 5_000 } as const;

export class Mdevs {
  constructor(private readonly connection: Pick<Connection, 'call'>) {}

  async types(): Promise<MdevTypeOffer[]> {
    return (await this.connection.call('mdevParents')).flatMap(mdevTypesIn);
  }

  async list(): Promise<MdevDevice[]> {
    const records = await this.#read(() => this.connection.call('mdevRecords'));
    return records.flatMap(({ xml, active, persistent, autostart }) => {
      const identity = mdevIn(xml);
      return identity === undefined ? [] : [{ ...identity, active, persistent, autostart }];
    });
  }

  async create(request: CreateMdev): Promise<void> {
    const name = request.persistent
      ? await this.#createPersistent(request)
      : await this.connection.call('createTransientMdev', mdevXml(request));
    await waitUntil(() => this.#isThere(name, request), `mediated device ${request.uuid} is listed`, SETTLE);
  }

  async destroy(uuid: string): Promise<void> {
    for (const name of await this.#namesOf(uuid)) await this.#remove(name);
    const isGone = async () => (await this.#namesOf(uuid)).length === 0;
    await waitUntil(isGone, `mediated device ${uuid} is gone from the list`, SETTLE);
  }

  /** A device that cannot be started does not stay defined. */
  async #createPersistent(request: CreateMdev): Promise<string> {
    await this.#refuseExisting(request.uuid);
    const name = await this.connection.call('defineMdev', mdevXml(request));
    try {
      await this.connection.call('startDefinedMdev', name);
      return name;
    } catch (error) {
      // The first error is the one to report, whatever comes of this.
      await this.destroy(request.uuid).catch(() => undefined);
      throw error;
    }
  }

  /** Defining would quietly replace what is there; the words and numbers are those of a transient device's refusal. */
  async #refuseExisting(uuid: string): Promise<void> {
    if ((await this.#namesOf(uuid)).length === 0) return;
    const text = `mediated device ${uuid}: Device already exists`;
    throw new HypervisorError(text, VIR_ERR_INTERNAL_ERROR, VIR_FROM_NODEDEV, false);
  }

  async #remove(name: string): Promise<void> {
    await this.connection.call('stopMdev', name);
    try {
      await this.connection.call('undefineMdev', name);
    } catch (error) {
      await this.#passUnlessGone(name, error);
    }
  }

  /** libvirt lists a definition a little longer than mdevctl has it, and then cannot undefine it: that is success. */
  async #passUnlessGone(name: string, error: unknown): Promise<void> {
    const isGone = async () => !(await this.connection.call('mdevNames')).includes(name);
    await waitUntil(isGone, `${name} is gone from the list`, SETTLE_SOON).catch(() => {
      throw error;
    });
  }

  /** Asks for it alone: a host may have many. */
  async #isThere(name: string, { persistent }: CreateMdev): Promise<boolean> {
    const found = await this.#read(() => this.connection.call('mdevRecord', name));
    return found !== undefined && found.active && (!persistent || (found.persistent && found.autostart));
  }

  /** A device that is just going is still listed while sysfs has it no more; libvirt's error for that is a passing one. */
  async #read<T>(read: () => Promise<T>): Promise<T> {
    let failure: unknown;
    for (
      const until = Date.now() + SETTLE_SOON.limitMs;
      Date.now() < until;
      await pause(SETTLE_SOON.everyMs)
    ) {
      try {
        return await read();
      } catch (error) {
        if (!isGoingAway(error)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** More than one if the same UUID is defined on several parents, which mdevctl allows. */
  async #namesOf(uuid: string): Promise<string[]> {
    const prefix = `mdev_${uuid.toLowerCase().replaceAll('-', '_')}_`;
    return (await this.connection.call('mdevNames')).filter((name) => name.startsWith(prefix));
  }
}

function isGoingAway(error: unknown): boolean {
  return (
    error instanceof HypervisorError && error.code === VIR_ERR_SYSTEM_ERROR && error.domain === VIR_FROM_NONE
  );
}
