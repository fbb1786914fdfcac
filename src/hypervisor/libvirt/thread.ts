/** Entry of a connection's thread: calls come in as messages, are made synchronously, and their results go back. */
import { parentPort } from 'node:worker_threads';

import { loadLibvirt } from './library';
import type { ArgumentsOf } from './operations';
import { Session, SessionFailure, type SessionOptions } from './session';
import type { Answer, Call, FromThread, ToThread } from './thread-messages';

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a thread');
const library = loadLibvirt();
let session: Session | undefined;

const say = (message: FromThread): void => port.postMessage(message);

port.on('message', (message: ToThread) => {
  if (message === 'end') port.close();
  else if (message === 'close') {
    session?.close();
    session = undefined;
    say('closed');
  } else if ('use' in message) session = sessionOf(message.use);
  else say(answerTo(message));
});

function sessionOf(options: SessionOptions): Session {
  return new Session(library, options, (opening) => say({ opening }));
}

function answerTo({ id, name, args, anew }: Call): Answer {
  try {
    if (session === undefined) throw new Error(`${name} without a connection to use`);
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
