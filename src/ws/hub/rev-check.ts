import { nextTurn } from '../../domain/next-turn.js';
import type { ChangeLog } from '../../ports/change-log.js';
import type { Logger } from '../../ports/logger.js';
import type { LocalChat } from './local-chat.js';

/** Chats of one statement: its text and the store's answer stay small, and other statements get in between. */
const CHUNK = 500;

export interface RevCheckDeps {
  readonly changes: Pick<ChangeLog, 'revs'>;
  readonly logger: Logger;
  readonly chats: ReadonlyMap<number, LocalChat>;
  /** The chat's sockets were told of something that the store does not have. */
  onPhantom(chat: LocalChat): void;
}

/**
 * Compares the chats of this node with the store, so that even the loss of the last event before a silence is noticed:
 * one keyed statement for up to 500 chats. A chat that is behind is left to the gap filler, because most of the time its
 * event is on its way.
 */
export class RevCheck {
  private readonly suspects = new Set<number>();
  private isRunning = false;

  constructor(private readonly deps: RevCheckDeps) {}

  /** Something may have been committed there that nobody has told of; looked at with the next tick. null: anywhere. */
  suspect(chatId: number | null): void {
    const { chats } = this.deps;
    if (chatId === null) for (const local of chats.keys()) this.suspects.add(local);
    else if (chats.has(chatId)) this.suspects.add(chatId);
  }

  /** To be called once per tick. */
  tick(): void {
    if (this.suspects.size === 0 || this.isRunning) return;
    const chatIds = [...this.suspects];
    this.suspects.clear();
    void this.run(chatIds);
  }

  /** Looks at every chat of this node. False: the store could not be asked, or the last look has not ended. */
  all(): Promise<boolean> {
    return this.isRunning ? Promise.resolve(false) : this.run([...this.deps.chats.keys()]);
  }

  private async run(chatIds: readonly number[]): Promise<boolean> {
    this.isRunning = true;
    try {
      for (let from = 0; from < chatIds.length; from += CHUNK) {
        if (from > 0) await nextTurn();
        await this.compare(chatIds.slice(from, from + CHUNK));
      }
      return true;
    } catch (error) {
      this.deps.logger.warn({ err: error, chats: chatIds.length }, 'the revs of chats could not be compared');
      return false;
    } finally {
      this.isRunning = false;
    }
  }

  private async compare(chatIds: readonly number[]): Promise<void> {
    const { chats, changes } = this.deps;
    const before = new Map(chatIds.map((chatId) => [chatId, chats.get(chatId)?.cursor.rev ?? null]));
    const revs = await changes.revs(chatIds);
    for (const [chatId, told] of before) {
      const chat = chats.get(chatId);
      const rev = revs.get(chatId);
      if (chat === undefined || rev === undefined || told === null) continue;
      if (rev < told && chat.startedAt !== null) this.deps.onPhantom(chat);
      else chat.cursor.expect(rev);
    }
  }
}
