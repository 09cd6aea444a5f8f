import type { ChatView } from '../../domain/chat.js';
import { AppError } from '../../domain/errors.js';
import type { Identity } from '../../domain/user.js';
import type { ChatStore } from '../../ports/chat-store.js';
import type { FieldProblem } from '../../protocol/error-codes.js';
import { LIMITS } from '../../protocol/limits.js';
import type { Publish } from '../realtime/publisher.js';
import type { Services } from '../services.js';

type NewChat = Parameters<Services['chats']['create']>[1];

/** A direct chat has no name of its own: one sent for it is left out, since both participants would see it. */
export async function createChat(
  deps: { readonly chats: ChatStore; readonly publish: Publish },
  actor: Identity,
  input: NewChat,
): Promise<{ view: ChatView; created: boolean }> {
  const problems = findProblems(actor, input);
  if (problems.length > 0) throw new AppError('validation_failed', { errors: problems });
  const [otherId] = input.participantIds;
  if (input.type === 'direct' && otherId !== undefined) return deps.chats.openDirect(actor.userId, otherId);
  const view = await deps.chats.createGroup({
    name: input.name,
    creatorId: actor.userId,
    memberIds: input.participantIds,
  });
  return { view, created: true };
}

/** The rules that need to know who is asking, or more than one field. */
function findProblems(actor: Identity, { type, participantIds }: NewChat): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const seen = new Set<number>();
  participantIds.forEach((id, index) => {
    const path = `participant_ids[${index}]`;
    if (id === actor.userId) problems.push({ path, code: 'self', message: 'You are a participant anyway' });
    else if (seen.has(id)) problems.push({ path, code: 'repeated', message: 'Each user may be named once' });
    seen.add(id);
  });
  const path = 'participant_ids';
  if (type === 'direct' && participantIds.length !== 1) {
    problems.push({ path, code: 'wrong_length', message: 'A direct chat has exactly one other participant' });
  }
  if (type === 'group' && participantIds.length >= LIMITS.groupMembers) {
    problems.push({ path, code: 'too_long', message: `A group has at most ${LIMITS.groupMembers} members` });
  }
  return problems;
}
