import type { FairTurns } from '../../domain/fair-turns.js';
import type { Identity } from '../../domain/user.js';
import type { Clock } from '../../ports/clock.js';
import type { Logger } from '../../ports/logger.js';
import type { HeartbeatFrame } from '../../protocol/events.js';
import type { Services } from '../../services/services.js';
import type { FrameId } from '../errors.js';
import type { Hub } from '../hub/index.js';
import type { AnnouncePresence } from '../hub/presence.js';
import type { SocketLimits } from '../types.js';
import type { Typing } from '../hub/typing.js';
import type { ChatFeed } from './chat-feed.js';
import type { ReplayBudget } from './replay-budget.js';

/** What a client asks with `resume`: one chat, or several of an inbox socket. */
export interface ResumeCommand {
  readonly chat_id?: number | undefined;
  readonly since_rev?: number | undefined;
  readonly chats?: ReadonlyMap<number, number> | undefined;
  readonly epoch?: string | undefined;
}

/** The chats of one socket: the one it was opened on, or all of its user's. */
export interface Scope {
  /** Registers, reads, and goes live. Rejects where the user may not be here. */
  open(): Promise<void>;
  /** The chat that a command is for. Throws `wrong_chat`; `validation_failed` where one has to be named. */
  chatIdOf(named: number | undefined): number;
  /** The socket's place in a chat. Throws `chat_not_found`. */
  feedOf(chatId: number): ChatFeed;
  /** What a ping without a chat is answered with. */
  ownRev(): number | undefined;
  /** Ends with `ready`, `resync_required` or `inbox_ready`. Throws AppError. */
  resume(command: ResumeCommand, id: FrameId | undefined): Promise<void>;
  /** What is told after a comparison with the store; null: nothing, as the only chat is known to be behind. */
  heartbeat(): HeartbeatFrame | null;
  /** To be called once per tick of a live socket. */
  tick(): void;
  /** Nothing is delivered any more. May be repeated. */
  leave(): void;
}

export interface ScopeDeps {
  readonly services: Pick<Services, 'realtime'>;
  readonly hub: Hub;
  readonly typing: Typing;
  readonly announcePresence: AnnouncePresence;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: SocketLimits;
  /** Deltas that are read at once. */
  readonly replays: FairTurns;
  /** Inbox sockets that go through their lists: each step of one is a turn of the loop. */
  readonly inboxTurns: FairTurns;
  /** What each user may still read on. */
  readonly replayBudget: ReplayBudget;
}

/** What a scope knows of its socket's owner. */
export interface Visitor {
  readonly actor: Identity;
  /** Stands for the socket, where one user's are told apart. */
  readonly owner: object;
}
