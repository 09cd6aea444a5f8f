import { expect } from 'chai';
import { mayHoldParticipants, mayRemoveParticipant, maySetAdmin } from '../../../src/domain/policies/chat-policy.js';
import { enforce, type Decision } from '../../../src/domain/policies/decision.js';
import { mayDelete, mayEdit, mayReadMessage, maySend } from '../../../src/domain/policies/message-policy.js';
import { mayAct, type Membership } from '../../../src/domain/policies/rights.js';
import { LIMITS } from '../../../src/protocol/limits.js';

const GROUP = { type: 'group', isActive: true } as const;
const DIRECT = { type: 'direct', isActive: true } as const;
const ENDED = { type: 'group', isActive: false } as const;
const ADMIN: Membership = { userId: 1, isAdmin: true };
const PLAIN: Membership = { userId: 2, isAdmin: false };
const OTHER: Membership = { userId: 3, isAdmin: false };
const MESSAGE = { senderId: 2, isDeleted: false, version: 4 };

function verdict(decision: Decision): string {
  return decision.allowed ? 'allowed' : decision.code;
}

type Case = readonly [name: string, decision: Decision, expected: string];

/** The whole of "who may do what", one line a case. */
const CASES: readonly Case[] = [
  ['a participant reads', mayAct('read', GROUP, PLAIN), 'allowed'],
  ['a stranger does not read', mayAct('read', GROUP, null), 'chat_not_found'],
  ['nobody reads a chat that does not exist', mayAct('read', null, null), 'chat_not_found'],
  ['nobody reads a group that was left by all', mayAct('read', ENDED, ADMIN), 'chat_not_found'],
  ['a participant sends', maySend(DIRECT, PLAIN, true), 'allowed'],
  ['a stranger does not send', maySend(DIRECT, null, true), 'chat_not_found'],
  ['a participant whose account is disabled does not send', maySend(DIRECT, PLAIN, false), 'not_authenticated'],

  ['an admin renames a group', mayAct('rename', GROUP, ADMIN), 'allowed'],
  ['a participant does not rename', mayAct('rename', GROUP, PLAIN), 'admin_required'],
  ['a stranger hears of no chat when renaming', mayAct('rename', GROUP, null), 'chat_not_found'],
  ['a direct chat has no name to change', mayAct('rename', DIRECT, PLAIN), 'group_only'],
  ['a stranger hears nothing of a direct chat either', mayAct('rename', DIRECT, null), 'chat_not_found'],

  ['an admin adds', mayAct('add_participants', GROUP, ADMIN), 'allowed'],
  ['a participant does not add', mayAct('add_participants', GROUP, PLAIN), 'admin_required'],
  ['nobody joins a direct chat', mayAct('add_participants', DIRECT, ADMIN), 'group_only'],
  ['a full group', mayHoldParticipants(LIMITS.groupMembers), 'allowed'],
  ['one more than full', mayHoldParticipants(LIMITS.groupMembers + 1), 'group_full'],

  ['an admin removes another', mayRemoveParticipant(GROUP, ADMIN, PLAIN, 2), 'allowed'],
  ['anyone removes themself', mayRemoveParticipant(GROUP, PLAIN, PLAIN, 2), 'allowed'],
  ['a participant does not remove another', mayRemoveParticipant(GROUP, PLAIN, OTHER, 3), 'admin_required'],
  ['a participant does not learn who is not in', mayRemoveParticipant(GROUP, PLAIN, null, 9), 'admin_required'],
  ['an admin is told who is not in', mayRemoveParticipant(GROUP, ADMIN, null, 9), 'participant_not_found'],
  ['nobody is removed from a direct chat', mayRemoveParticipant(DIRECT, PLAIN, OTHER, 3), 'group_only'],
  ['a stranger removes nobody', mayRemoveParticipant(GROUP, null, PLAIN, 2), 'chat_not_found'],

  ['an admin makes an admin', maySetAdmin(GROUP, ADMIN, PLAIN, true, 1), 'allowed'],
  ['a participant does not', maySetAdmin(GROUP, PLAIN, PLAIN, true, 1), 'admin_required'],
  ['one of two admins steps down', maySetAdmin(GROUP, ADMIN, ADMIN, false, 2), 'allowed'],
  ['the last admin does not', maySetAdmin(GROUP, ADMIN, ADMIN, false, 1), 'last_admin'],
  ['taking nothing away changes nothing', maySetAdmin(GROUP, ADMIN, PLAIN, false, 1), 'allowed'],
  ['rights of someone who is not in', maySetAdmin(GROUP, ADMIN, null, true, 1), 'participant_not_found'],
  ['a direct chat has no admins', maySetAdmin(DIRECT, PLAIN, OTHER, true, 0), 'group_only'],

  ['a participant reads a message', mayReadMessage(GROUP, OTHER, MESSAGE), 'allowed'],
  ['a stranger does not', mayReadMessage(GROUP, null, MESSAGE), 'message_not_found'],
  ['nobody reads a deleted one', mayReadMessage(GROUP, PLAIN, { ...MESSAGE, isDeleted: true }), 'message_not_found'],
  ['the sender edits', mayEdit(GROUP, PLAIN, MESSAGE, undefined), 'allowed'],
  ['the sender edits the version they know', mayEdit(GROUP, PLAIN, MESSAGE, 4), 'allowed'],
  ['not an older one', mayEdit(GROUP, PLAIN, MESSAGE, 3), 'version_conflict'],
  ['not a future one', mayEdit(GROUP, PLAIN, MESSAGE, 5), 'version_conflict'],
  ['an admin does not edit others', mayEdit(GROUP, ADMIN, MESSAGE, undefined), 'sender_required'],
  ['a stranger edits nothing', mayEdit(GROUP, null, MESSAGE, undefined), 'message_not_found'],
  ['the sender deletes', mayDelete(GROUP, PLAIN, MESSAGE), 'allowed'],
  ['an admin of the group deletes', mayDelete(GROUP, ADMIN, MESSAGE), 'allowed'],
  ['another participant does not', mayDelete(GROUP, OTHER, MESSAGE), 'delete_forbidden'],
  ['in a direct chat only the sender does', mayDelete(DIRECT, ADMIN, MESSAGE), 'delete_forbidden'],
  ['a deleted one is not deleted again', mayDelete(GROUP, PLAIN, { ...MESSAGE, isDeleted: true }), 'message_not_found'],
];

describe('policies', () => {
  for (const [name, decision, expected] of CASES) {
    it(name, () => {
      expect(verdict(decision)).to.equal(expected);
    });
  }

  it('tells a refused caller the reason as an error of the registry', () => {
    expect(() => enforce(mayAct('rename', GROUP, PLAIN))).to.throw('Only admins can update chat details');
    expect(() => enforce(mayAct('rename', GROUP, ADMIN))).not.to.throw();
  });
});
