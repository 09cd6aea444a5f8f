/**
 * What is counted apart, because it costs apart.
 *
 *   send          messages
 *   edit          what is there is changed: messages edited and deleted, a chat renamed or left, one's own profile
 *   create_chat   chats created, direct ones opened
 *   add_people    people added to a chat, removed from it, made admins
 *   read          whatever else is cheap: lists, history, read marks, typing
 *   search        people looked for
 *   changes       reading on: `/changes`, `resume`, a socket opened
 */
export type Work = 'send' | 'edit' | 'create_chat' | 'add_people' | 'read' | 'search' | 'changes';

/**
 * What one user may have done of each kind of work, over REST and sockets together. A limit is a number of calls, or of
 * bytes, in a window that opens with the first of them; a kind may have several, and all of them have to hold. A call
 * that is refused takes nothing, from none of them.
 *
 * Both methods throw or reject with `rate_limited`. Its `retryAfter` is true: the same call is let in that much later,
 * where its user has begun nothing else of the kind meanwhile. They answer undefined where the decision fell at once, so
 * that a send within its limits waits for nothing; a driver that has to ask somebody answers a promise, and the promises
 * of one user settle in the order of his calls, because the order of his messages hangs on it.
 *
 * A driver remembers a bounded number of users. Whom it forgets, and all of them after a restart, begins anew: a limit
 * bounds what an account can cost, and nothing else may rest on it.
 */
export interface Limiter {
  /** One call, before any work is done for it. */
  take(userId: number, work: Work): Promise<void> | undefined;
  /** Text that a call, let in before, brings to be kept; in UTF-8. */
  takeBytes(userId: number, work: Work, bytes: number): Promise<void> | undefined;
}
