import { presentChat, presentChatListItem } from '../../presenters/chats.js';
import { presentPage } from '../../presenters/pages.js';
import type { ChatPageResource } from '../../protocol/resources.js';
import { createChatBody, markReadBody, renameBody } from '../schemas/chats.js';
import { pageQueryOf, pageQuery } from '../schemas/pages.js';
import { route, UPDATE, type Route } from './route.js';

const CHATS = '/api/v1/chats';

export const chatRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: CHATS,
    work: 'create_chat',
    body: createChatBody,
    async handler({ actor, body }, { chats, realtime }) {
      const draft = { type: body.chat_type, name: body.name ?? null, participantIds: body.participant_ids };
      const { view, created } = await chats.create(actor, draft);
      return { status: created ? 201 : 200, body: presentChat(view, actor.userId, realtime.epoch) };
    },
  }),
  route({
    method: 'GET',
    path: CHATS,
    work: 'read',
    query: pageQuery,
    async handler({ actor, query, share }, { chats, realtime }) {
      const page = presentPage(await chats.list(actor, pageQueryOf(query), share), presentChatListItem);
      return { body: { ...page, epoch: realtime.epoch } satisfies ChatPageResource };
    },
  }),
  route({
    method: 'GET',
    path: `${CHATS}/:chat_id`,
    work: 'read',
    async handler({ actor, params }, { chats, realtime }) {
      return { body: presentChat(await chats.get(actor, params.chat_id), actor.userId, realtime.epoch) };
    },
  }),
  route({
    method: UPDATE,
    path: `${CHATS}/:chat_id`,
    work: 'edit',
    body: renameBody,
    async handler({ actor, params, body }, { chats, realtime }) {
      const renamed = await chats.rename(actor, params.chat_id, body.name);
      return { body: presentChat(renamed, actor.userId, realtime.epoch) };
    },
  }),
  route({
    method: 'DELETE',
    path: `${CHATS}/:chat_id`,
    work: 'edit',
    async handler({ actor, params }, { participants }) {
      await participants.leave(actor, params.chat_id);
      return { body: { message: 'Left chat successfully' } };
    },
  }),
  route({
    method: UPDATE,
    path: `${CHATS}/:chat_id/read`,
    work: 'read',
    body: markReadBody,
    async handler({ actor, params, body }, { chats }) {
      const { lastReadSeq, unreadCount } = await chats.markRead(actor, params.chat_id, body.seq);
      return { body: { chat_id: params.chat_id, last_read_seq: lastReadSeq, unread_count: unreadCount } };
    },
  }),
];
