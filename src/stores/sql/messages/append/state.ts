import type { Clock } from '../../../../ports/clock.js';
import type { MessageDraft } from '../../../../ports/message-log.js';
import { BodyPace } from './body-writes.js';
import { MembersCache } from './members-cache.js';
import { createMint, type Mint, type Minted } from './minting.js';
import { Repeaters } from './duplicates.js';

/** What one message log remembers from batch to batch. Nothing of it decides by itself: rows under the lock do. */
export interface AppendState {
  readonly mint: Mint;
  readonly members: MembersCache;
  readonly repeaters: Repeaters;
  readonly pace: BodyPace;
  /** Bodies that are journaled for drafts whose chat was busy, until they are handed in again. */
  readonly kept: WeakMap<MessageDraft, Minted>;
}

export function createAppendState(clock: Clock): AppendState {
  return {
    mint: createMint(clock),
    members: new MembersCache(),
    repeaters: new Repeaters(),
    pace: new BodyPace(),
    kept: new WeakMap(),
  };
}
