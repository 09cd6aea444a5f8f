import type { Identity } from '../domain/user.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { AckFrame, PongFrame } from '../protocol/events.js';
import type { Services } from '../services/services.js';
import type { Hub } from './hub.js';
import type { Typing } from './typing.js';

/** What a handler may use; `owner` stands for the socket that the command came by. */
export interface CommandContext {
  readonly actor: Identity;
  readonly chatId: number;
  readonly owner: object;
  /** Up to where this socket has the chat's events: what it joined at, then what it was sent. */
  readonly rev: () => number;
  readonly services: Pick<Services, 'messages'>;
  readonly hub: Pick<Hub, 'expect'>;
  readonly typing: Typing;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** null: the command needs no reply. */
export type Reply = AckFrame | PongFrame | null;
