import type { Network } from '../../domain/client-address.js';

/**
 * The part of the places for sockets that have not proved who they are that one address, or one network of IPv6 by its
 * width, may hold. Half of them stay for others however many addresses somebody has.
 */
const SHARES = [1 / 4, 3 / 8, 1 / 2];

export interface AdmissionLimits {
  /** Sockets of this node that have not authenticated yet; 0 = no limit. */
  readonly maxUnauthenticated: number;
  /** Authenticated sockets of one user on this node; 0 = no limit. */
  readonly socketsPerUser: number;
}

/** One socket's place: nobody's until `authenticate`, then its user's. */
export interface Place {
  /** False: the user has too many sockets; the place is given up. */
  authenticate(userId: number): boolean;
  /** May be repeated. */
  leave(): void;
}

/**
 * Counts sockets. Before authentication against a flood of upgrades without or with stolen tokens: all of them together
 * are bounded, and one address cannot take every place from the others. Afterwards against one user holding them all.
 */
export class Admission {
  private readonly byAddress = new Map<string, number>();
  private readonly byUser = new Map<number, number>();
  private unauthenticated = 0;

  constructor(private readonly limits: AdmissionLimits) {}

  /** null: no place is left. */
  enter(networks: readonly Network[]): Place | null {
    const { maxUnauthenticated } = this.limits;
    if (maxUnauthenticated > 0) {
      if (this.unauthenticated >= maxUnauthenticated) return null;
      const isFull = networks.some(({ key }, width) => {
        const share = SHARES[Math.min(width, SHARES.length - 1)] ?? 0;
        return (this.byAddress.get(key) ?? 0) >= Math.ceil(maxUnauthenticated * share);
      });
      if (isFull) return null;
    }
    this.unauthenticated += 1;
    for (const { key } of networks) change(this.byAddress, key, 1);
    return new OnePlace(this, networks);
  }

  /** A socket that has not authenticated gives up its place. */
  leaveNetworks(networks: readonly Network[]): void {
    this.unauthenticated -= 1;
    for (const { key } of networks) change(this.byAddress, key, -1);
  }

  /** False: the user has as many sockets as one may have. */
  enterUser(userId: number): boolean {
    const { socketsPerUser } = this.limits;
    if (socketsPerUser > 0 && (this.byUser.get(userId) ?? 0) >= socketsPerUser) return false;
    change(this.byUser, userId, 1);
    return true;
  }

  leaveUser(userId: number): void {
    change(this.byUser, userId, -1);
  }
}

class OnePlace implements Place {
  /** Networks before authentication, the user's id after it, null once it is given up. */
  private holder: readonly Network[] | number | null;

  constructor(
    private readonly admission: Admission,
    networks: readonly Network[],
  ) {
    this.holder = networks;
  }

  authenticate(userId: number): boolean {
    this.leave();
    if (!this.admission.enterUser(userId)) return false;
    this.holder = userId;
    return true;
  }

  leave(): void {
    const { admission, holder } = this;
    this.holder = null;
    if (typeof holder === 'number') admission.leaveUser(holder);
    else if (holder !== null) admission.leaveNetworks(holder);
  }
}

function change<K>(counts: Map<K, number>, key: K, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
