import { presentMessage } from '../../presenters/messages.js';
import { presentPage, presentWindow } from '../../presenters/pages.js';
import { editBody, sendBody } from '../schemas/messages.js';
import { historyQuery, pageQueryOf, windowQueryOf } from '../schemas/pages.js';
import { route, UPDATE, type Route } from './route.js';

const MESSAGES = '/api/v1/messages';

export const messageRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: MESSAGES,
    work: 'send',
    body: sendBody,
    keeps: ({ content }) => content,
    async handler({ actor, body }, { messages }) {
      const draft = {
        chatId: body.chat_id,
        content: body.content,
        messageType: 'text' as const,
        clientMessageId: body.client_message_id ?? null,
      };
      const { message, duplicate } = await messages.send(actor, draft);
      const resource = presentMessage(message, actor.userId);
      return duplicate ? { status: 200, body: { ...resource, duplicate } } : { status: 201, body: resource };
    },
  }),
  route({
    method: 'GET',
    path: `${MESSAGES}/chat/:chat_id`,
    work: 'read',
    query: historyQuery,
    async handler({ actor, params, query, share }, { messages }) {
      const present = (message: Parameters<typeof presentMessage>[0]) => presentMessage(message, actor.userId);
      const window = windowQueryOf(query);
      if (window === null) {
        return { body: presentPage(await messages.page(actor, params.chat_id, pageQueryOf(query), share), present) };
      }
      return { body: presentWindow(await messages.window(actor, params.chat_id, window, share), present) };
    },
  }),
  route({
    method: 'GET',
    path: `${MESSAGES}/:message_id`,
    work: 'read',
    async handler({ actor, params }, { messages }) {
      return { body: presentMessage(await messages.get(actor, params.message_id), actor.userId) };
    },
  }),
  route({
    method: UPDATE,
    path: `${MESSAGES}/:message_id`,
    work: 'edit',
    body: editBody,
    keeps: ({ content }) => content,
    async handler({ actor, params, body }, { messages }) {
      const { content, expected_version: expectedVersion } = body;
      const edited = await messages.edit(actor, { messageId: params.message_id, content, expectedVersion });
      return { body: presentMessage(edited, actor.userId) };
    },
  }),
  route({
    method: 'DELETE',
    path: `${MESSAGES}/:message_id`,
    work: 'edit',
    async handler({ actor, params }, { messages }) {
      await messages.remove(actor, params.message_id);
      return { body: { message: 'Message deleted successfully' } };
    },
  }),
];
