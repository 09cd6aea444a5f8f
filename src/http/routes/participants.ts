import { presentParticipant } from '../../presenters/chats.js';
import { addParticipantsBody, removeParticipantBody, setAdminBody } from '../schemas/chats.js';
import { route, UPDATE, type Reply, type Route } from './route.js';

const PARTICIPANTS = '/api/v1/chats/:chat_id/participants';
const REMOVED: Reply = { body: { message: 'Participant removed successfully' } };

export const participantRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: PARTICIPANTS,
    work: 'read',
    async handler({ actor, params }, { participants }) {
      return { body: (await participants.list(actor, params.chat_id)).map(presentParticipant) };
    },
  }),
  route({
    method: 'POST',
    path: PARTICIPANTS,
    work: 'add_people',
    body: addParticipantsBody,
    async handler({ actor, params, body }, { participants }) {
      const { added } = await participants.add(actor, params.chat_id, body.user_ids);
      return { body: { message: 'Participants added successfully', added } };
    },
  }),
  route({
    method: 'DELETE',
    path: PARTICIPANTS,
    work: 'add_people',
    body: removeParticipantBody,
    async handler({ actor, params, body }, { participants }) {
      await participants.remove(actor, params.chat_id, body.user_id);
      return REMOVED;
    },
  }),
  // Many clients and proxies drop the body of a DELETE.
  route({
    method: 'DELETE',
    path: `${PARTICIPANTS}/:user_id`,
    work: 'add_people',
    notFound: { user_id: 'participant_not_found' },
    async handler({ actor, params }, { participants }) {
      await participants.remove(actor, params.chat_id, params.user_id);
      return REMOVED;
    },
  }),
  route({
    method: UPDATE,
    path: `${PARTICIPANTS}/:user_id`,
    work: 'add_people',
    body: setAdminBody,
    notFound: { user_id: 'participant_not_found' },
    async handler({ actor, params, body }, { participants }) {
      const participant = await participants.setAdmin(actor, params.chat_id, params.user_id, body.is_admin);
      return { body: presentParticipant(participant) };
    },
  }),
];
