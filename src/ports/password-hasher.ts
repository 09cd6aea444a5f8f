/** Whose turn some work is. Work goes round by network, and within one by account. */
export interface HashTurn {
  /** One address, or what of an IPv6 address names one customer. */
  readonly network: string;
  /** Of whom, as typed, at most one piece of work runs at once for this network; null = as many as there are places. */
  readonly account: string | null;
  /** The account has logged in from this network: comes before others, every other time. */
  readonly known: boolean;
  /** Asked when the turn has come. False = not yet, ask again when other work has ended; what it throws is the answer. */
  readonly begin?: () => boolean;
  /** After `begin` answered true: what was found; null = the password was not looked at. Called before others begin. */
  readonly end?: (isRight: boolean | null) => void;
}

/**
 * Turns passwords into stored values. Work is bounded: at most as many hashes at once as there are cores to spare, and behind
 * them a queue in which nobody waits longer than two seconds. Who would is told AppError `overloaded` at once, with a
 * Retry-After after which there should be room.
 *
 * A password means the same however its characters are composed (NFC, NFD): all of its forms match, those too of which
 * values were made before that held. Unpaired surrogates are `validation_failed` or no match.
 */
export interface PasswordHasher {
  hash(password: string, turn?: HashTurn): Promise<string>;
  /**
   * `stored` null = no such user: burns the same time on a dummy of the same cost and answers no match.
   * `needsRehash`: the stored value is of another scheme, cost or form and should be replaced; only on a match.
   */
  verify(
    password: string,
    stored: string | null,
    turn?: HashTurn,
  ): Promise<{ readonly ok: boolean; readonly needsRehash: boolean }>;
  /** Takes about as long as a `verify` that finds no match, or is refused as one would be, and hashes nothing. */
  pretend(password: string, turn: HashTurn): Promise<void>;
}
