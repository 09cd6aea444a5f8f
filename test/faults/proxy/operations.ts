import type { Outcome } from '../history/recorder.js';
import type { Operation } from '../history/entries.js';
import type { SocketClient } from '../history/socket-client.js';
import { done, unique, type FaultScene } from './scene.js';

type Answer = Outcome<Operation>;

/** One durable change as a client asks for it, as often as it likes. */
export interface OperationUnderFault {
  /** What its transaction writes, to know it by its statements. */
  readonly writes: RegExp;
  /** Makes what the change needs, and answers the request; asked again, it is the client's retry. */
  prepare(scene: FaultScene, socket: SocketClient): Promise<() => Promise<Answer>>;
}

const MESSAGES = /(insert into|update).*message_metadata/is;
const PARTICIPANTS = /(insert into|update).*chat_participants/is;

export const OPERATIONS: Readonly<Record<string, OperationUnderFault>> = {
  'a send over REST': {
    writes: MESSAGES,
    prepare: ({ ada, chat }) => keyed((content, key) => ada.send(chat, content, key)),
  },
  'a send over a socket': {
    writes: MESSAGES,
    prepare: (_scene, socket) => keyed((content, key) => socket.send(content, key)),
  },
  'an edit': {
    writes: MESSAGES,
    prepare: ({ ada, message }) => request((name) => ada.edit(message, name)),
  },
  'a delete': {
    writes: MESSAGES,
    prepare: ({ ada, message }) => request(() => ada.delete(message)),
  },
  'a rename': {
    writes: /update.*chats/is,
    prepare: ({ ada, chat }) => request((name) => ada.rename(chat, name)),
  },
  'adding a participant': {
    writes: PARTICIPANTS,
    prepare: ({ ada, chat, eve }) => request(() => ada.add(chat, [eve.id])),
  },
  'removing a participant': {
    writes: PARTICIPANTS,
    async prepare({ ada, chat, eve }) {
      done(await ada.add(chat, [eve.id]));
      return () => ada.remove(chat, eve.id);
    },
  },
  'creating a chat': {
    writes: /insert into.*chats/is,
    prepare: ({ ada, eve }) => request((name) => ada.create(name, [eve.id])),
  },
};

/** Answers that tell a retry of this change that it had happened: what is deleted or removed is not there any more. */
export const DONE_ALREADY: Readonly<Record<string, readonly string[]>> = {
  'a delete': ['message_not_found'],
  'removing a participant': ['participant_not_found'],
};

function keyed(send: (content: string, key: string) => Promise<Answer>): Promise<() => Promise<Answer>> {
  const content = unique('content');
  return Promise.resolve(() => send(content, `key of ${content}`));
}

function request(ask: (name: string) => Promise<Answer>): Promise<() => Promise<Answer>> {
  const name = unique('changed');
  return Promise.resolve(() => ask(name));
}
