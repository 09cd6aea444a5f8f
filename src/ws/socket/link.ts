import type { Identity } from '../../domain/user.js';
import type { CloseName } from '../../protocol/close-codes.js';
import type { ServerFrame } from '../../protocol/events.js';
import type { Importance } from './outbox.js';

/** One socket, as its chats see it. */
export interface Link {
  readonly userId: number;
  /** False from the close on; a token that has ended closes at this call. `now`: where the clock has just been read. */
  isOpen(now?: number): boolean;
  send(frame: Uint8Array, importance?: Importance): void;
  /** State of which only the newest counts: behind a long queue it waits, and a later one of the same key replaces it. */
  sendLatest(key: string, frame: Uint8Array): void;
  /** Encodes and sends. */
  tell(frame: ServerFrame): void;
  /** Resolves when little enough is queued to send more of a replay; also when the socket has closed. */
  room(): Promise<void>;
  /** While it waits for others' replays, the time in which a socket must go live stands still. */
  standInLine(isInLine: boolean): void;
  close(name: CloseName): void;
  /** The actor's right to be here is proven: commands are read from here on. */
  goLive(actor: Identity): void;
}
