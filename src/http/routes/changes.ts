import { presentChanges, presentVector } from '../../presenters/changes.js';
import { LIMITS } from '../../protocol/limits.js';
import { changesBody, changesQuery, vectorOf } from '../schemas/changes.js';
import { route, type Route } from './route.js';

export const changeRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/chats/:chat_id/changes',
    work: 'changes',
    query: changesQuery,
    async handler({ actor, params, query, share }, { realtime }) {
      const { since_rev: sinceRev = 0, epoch, limit = LIMITS.changesLimitDefault } = query;
      const page = await realtime.changes(actor, params.chat_id, { sinceRev, epoch, limit }, share);
      return { body: presentChanges(params.chat_id, page.epoch, page, actor.userId) };
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/changes',
    work: 'changes',
    body: changesBody,
    async handler({ actor, body, share }, { realtime }) {
      const vector = {
        chats: vectorOf(body.chats),
        epoch: body.epoch,
        afterChatId: body.after_chat_id ?? 0,
        limit: body.limit ?? LIMITS.changesLimitDefault,
      };
      const answer = await realtime.changesOf(actor, vector, share);
      return { body: presentVector(answer, actor.userId) };
    },
  }),
];
