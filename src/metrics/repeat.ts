/** Something that is done again and again, never twice at a time. */

export interface Repeated {
  /** What is under way ends by itself, and nobody is told of it. */
  stop(): void;
}

/** At once, and then each `everyMs`; a failure is told when the one before had none, and the next turn comes all the same. */
export function repeat(
  everyMs: number,
  act: () => Promise<void>,
  { failed }: { failed: (error: unknown) => void },
): Repeated {
  let [busy, failing, stopped] = [false, false, false];
  const turn = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      await act();
      failing = false;
    } catch (error) {
      if (!failing && !stopped) failed(error);
      failing = true;
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void turn(), everyMs);
  timer.unref();
  void turn();
  return {
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}
