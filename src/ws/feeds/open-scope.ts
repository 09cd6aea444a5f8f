import { AppError } from '../../domain/errors.js';
import type { ResumeFrom } from '../../services/services.js';
import type { Link } from '../socket/link.js';
import { ChatScope } from './chat-scope.js';
import { InboxScope } from './inbox-scope.js';
import type { Scope, ScopeDeps, Visitor } from './scope.js';

/** What a socket's address asks for. */
export type SocketTarget =
  /** One chat; `chatId` null: the path names no possible one. */
  | { readonly kind: 'chat'; readonly chatId: number | null; readonly from: ResumeFrom | null }
  /** All chats of the user. */
  | { readonly kind: 'inbox' }
  /** Its `since_rev` or `epoch` cannot be one. */
  | { readonly kind: 'malformed' };

/** Throws `chat_not_found` for a path that names no possible chat. */
export function openScope(
  deps: ScopeDeps,
  link: Link,
  visitor: Visitor,
  target: Exclude<SocketTarget, { readonly kind: 'malformed' }>,
): Scope {
  switch (target.kind) {
    case 'inbox':
      return new InboxScope(deps, link, visitor);
    case 'chat':
      if (target.chatId === null) throw new AppError('chat_not_found');
      return new ChatScope(deps, link, visitor, target.chatId, target.from);
    default:
      return target satisfies never;
  }
}
