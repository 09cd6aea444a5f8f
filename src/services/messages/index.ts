import type { MessageLog } from '../../ports/message-log.js';
import { orSuspect, type Suspect } from '../realtime/doubt.js';
import type { Publish } from '../realtime/publisher.js';
import type { Services } from '../services.js';
import { editMessage } from './edit.js';
import { removeMessage } from './remove.js';
import { sendMessage } from './send.js';
import type { MessageWriter } from './writer/index.js';

export interface MessageDeps {
  readonly log: MessageLog;
  readonly writer: MessageWriter;
  readonly publish: Publish;
  readonly suspect: Suspect;
  readonly wakeEraser: () => void;
}

export function createMessageServices(deps: MessageDeps): Services['messages'] {
  const { log, writer, suspect } = deps;
  return {
    send: (actor, input) => orSuspect(suspect, input.chatId, sendMessage(writer, actor, input)),
    edit: (actor, input) => orSuspect(suspect, null, editMessage(deps, actor, input)),
    remove: (actor, messageId) => orSuspect(suspect, null, removeMessage(deps, actor, messageId)),
    get: (actor, messageId) => log.find(messageId, actor.userId),
    async page(actor, chatId, { page, limit }, share) {
      const { items, total } = await log.page(chatId, actor.userId, { offset: (page - 1) * limit, limit }, share);
      return { items, total, page, limit };
    },
    window: (actor, chatId, window, share) => log.window(chatId, actor.userId, window, share),
  };
}
