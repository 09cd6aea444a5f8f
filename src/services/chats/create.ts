import type { ChatView } from '../../domain/chat.js';
import { AppError } from '../../domain/errors.js';
import type { Identity } from '../../domain/user.js';
import type { ChatStore } from '../../ports/chat-store.js';
import type { FieldProblem } from '../../protocol/error-codes.js';
import { LIMITS } from '../../protocol/limits.js';
import type { Clock } from '../../ports/clock.js';
import type { PublishToUsers } from '../realtime/publisher.js';
import { chatAdded } from '../realtime/user-events.js';
import type { Services } from '../services.js';

type NewChat = Parameters<Services['chats']['create']>[1];

/**
 * A direct chat has no name of its own: one sent for it is left out, since both participants would see it. Everyone in
 * a new chat learns that it came up in their list; of a direct chat that was only hidden, the one who asks for it.
 */
export async function createChat(
  deps: { readonly chats: ChatStore; readonly publishToUsers: PublishToUsers; readonly clock: Clock },
  actor: Identity,
  input: NewChat,
): Promise<{ view: ChatView; created: boolean }> {
  const problems = findProblems(actor, input);
  if (problems.length > 0) throw new AppError('validation_failed', { errors: problems });
  const tell = (view: ChatView, userIds: readonly number[]): void =>
    deps.publishToUsers(chatAdded(view, userIds, new Date(deps.clock.now())));
  const [otherId] = input.participantIds;
  if (input.type === 'direct' && otherId !== undefined) {
    const { view, created, unhidden } = await deps.chats.openDirect(actor.userId, otherId);
    if (created) tell(view, [actor.userId, otherId]);
    else if (unhidden) tell(view, [actor.userId]);
    return { view, created };
  }
  const view = await deps.chats.createGroup({
    name: input.name,
    creatorId: actor.userId,
    memberIds: input.participantIds,
  });
  tell(
    view,
    view.users.map((user) => user.id),
  );
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
