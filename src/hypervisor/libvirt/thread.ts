/** Entry of a connection's thread: calls come in as messages, are made synchronously, and their results go back. */
import { parentPort, workerData } from 'node:worker_threads';

import { loadLibvirt } from './library';
import type { ArgumentsOf } from './operations';
import { Session, SessionFailure, type SessionOptions } from './session';
import type { Answer, Call, FromThread } from './thread-messages';

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a thread');
const session = new Session(loadLibvirt(), workerData as SessionOptions, (opening) => {
  port.postMessage({ opening } satisfies FromThread);
});

port.on('message', (call: Call | 'close') => {
  if (call === 'close') {
    session.close();
    port.close();
  } else {
    port.postMessage(answerTo(call) satisfies FromThread);
  }
});

function answerTo({ id, name, args, anew }: Call): Answer {
  try {
    if (anew) session.close();
    return { id, result: session.run(name, args as ArgumentsOf<typeof name>) };
  } catch (error) {
    return { id, failure: describe(error) };
  }
}

/** Anything but libvirt's own failure is a fault of ours, and is named as such. */
function describe(error: unknown): NonNullable<Answer['failure']> {
  if (error instanceof SessionFailure) {
    const { message, code, domain } = error.cause;
    return { message, code, domain, connectionLost: error.connectionLost };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message: `fault in the libvirt adapter: ${message}`, code: 0, domain: 0, connectionLost: false };
}
