import type { Logger } from '../../ports/logger.js';
import type { UserStore } from '../../ports/user-store.js';
import type { CloseName } from '../../protocol/close-codes.js';

/** Accounts of one statement. */
const CHUNK = 500;

interface Owned {
  /** 0: nobody yet. */
  readonly userId: number;
  close(name: CloseName): void;
}

export interface AccountCheckDeps {
  readonly users: Pick<UserStore, 'activeAmong'>;
  readonly logger: Logger;
  readonly sockets: ReadonlySet<Owned>;
}

/**
 * Ends the sockets of accounts that are disabled or gone: what makes a request 401 ends them too, however long their
 * tokens still live. Whoever has disabled an account in the database tells nobody, so this node's users are compared with it.
 */
export class AccountCheck {
  private isRunning = false;

  constructor(private readonly deps: AccountCheckDeps) {}

  /** Looks at every user with a socket here. Never rejects: what could not be asked is asked the next time. */
  async all(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    const { sockets, logger } = this.deps;
    const userIds = [...new Set(Array.from(sockets, ({ userId }) => userId))].filter((userId) => userId !== 0);
    try {
      for (let from = 0; from < userIds.length; from += CHUNK) await this.compare(userIds.slice(from, from + CHUNK));
    } catch (error) {
      logger.warn({ err: error, users: userIds.length }, 'the accounts of connected users could not be compared');
    } finally {
      this.isRunning = false;
    }
  }

  /** The account was found disabled or gone. */
  end(userId: number): void {
    for (const socket of [...this.deps.sockets]) if (socket.userId === userId) socket.close('unauthenticated');
  }

  private async compare(userIds: readonly number[]): Promise<void> {
    const active = await this.deps.users.activeAmong(userIds);
    for (const userId of userIds) if (!active.has(userId)) this.end(userId);
  }
}
