import type { Identity } from '../../domain/user.js';
import type { Clock } from '../../ports/clock.js';
import type { Limiter } from '../../ports/limiter.js';
import type { Logger } from '../../ports/logger.js';
import type { AckFrame, PongFrame, ReadAckFrame } from '../../protocol/events.js';
import type { Services } from '../../services/services.js';
import type { Hub } from '../hub/index.js';
import type { Scope } from '../feeds/scope.js';
import type { Typing } from '../hub/typing.js';

/** What a handler may use; `owner` stands for the socket that the command came by. */
export interface CommandContext {
  readonly actor: Identity;
  /** The chats of this socket. */
  readonly scope: Scope;
  readonly owner: object;
  readonly services: Pick<Services, 'chats' | 'messages'>;
  readonly limiter: Limiter;
  readonly hub: Pick<Hub, 'expect'>;
  readonly typing: Typing;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error'>;
}

/** null: the command needs no reply, or has sent its own. */
export type CommandReply = AckFrame | ReadAckFrame | PongFrame | null;
