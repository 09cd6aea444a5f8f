import type { CloseName } from '../protocol/close-codes.js';

/** Counts live sockets, their users, and why sockets were closed. */
export class Census {
  readonly closes: Partial<Record<CloseName, number>> = {};
  private readonly byUser = new Map<number, number>();
  private live = 0;

  get onlineUsers(): number {
    return this.byUser.size;
  }

  get totalConnections(): number {
    return this.live;
  }

  came(userId: number): void {
    this.live += 1;
    this.byUser.set(userId, (this.byUser.get(userId) ?? 0) + 1);
  }

  went(userId: number): void {
    this.live -= 1;
    const count = (this.byUser.get(userId) ?? 0) - 1;
    if (count > 0) this.byUser.set(userId, count);
    else this.byUser.delete(userId);
  }

  closed(name: CloseName): void {
    this.closes[name] = (this.closes[name] ?? 0) + 1;
  }
}
