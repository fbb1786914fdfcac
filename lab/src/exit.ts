/** What has to be done however this program ends: also on Ctrl-C, when nothing can be awaited any more. */

const actions = new Set<() => void>();

/** Runs `act` when the process exits or is interrupted; the returned function takes that back. */
export function atExit(act: () => void): () => void {
  listen();
  actions.add(act);
  return () => void actions.delete(act);
}

let listening = false;

function listen(): void {
  if (listening) return;
  listening = true;
  process.on('exit', () => actions.forEach((act) => act()));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
}
