/**
 * Turns passwords into stored values. Work is bounded: at most as many hashes at once as there are cores to spare and a
 * bounded queue behind them; a full queue is AppError `overloaded`.
 */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /**
   * `stored` null = no such user: burns the same time on a dummy of the same cost and answers no match.
   * `needsRehash`: the stored value is of another scheme or cost and should be replaced; only on a match.
   */
  verify(password: string, stored: string | null): Promise<{ readonly ok: boolean; readonly needsRehash: boolean }>;
}
