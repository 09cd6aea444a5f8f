import { string } from 'yup';
import { flagField, idField, idListField, integerField, objectOf } from '../../protocol/fields.js';
import { LIMITS } from '../../protocol/limits.js';
import type { ChatType } from '../../protocol/resources.js';
import { nameField } from './users.js';

const CHAT_TYPES: readonly ChatType[] = ['direct', 'group'];

export const createChatBody = objectOf({
  chat_type: string<ChatType>()
    .strict(true)
    .typeError('Must be a string')
    .defined()
    .test('not_a_choice', 'Must be direct or group', (type) => CHAT_TYPES.includes(type)),
  name: nameField(LIMITS.chatNameMax).nullable(),
  participant_ids: idListField(LIMITS.groupMembers),
});

export const renameBody = objectOf({ name: nameField(LIMITS.chatNameMax).defined() });

export const addParticipantsBody = objectOf({ user_ids: idListField(LIMITS.groupMembers) });

export const removeParticipantBody = objectOf({ user_id: idField() });

export const setAdminBody = objectOf({ is_admin: flagField() });

export const markReadBody = objectOf({ seq: integerField(0).defined() });
