/** One address may hold at most this part of the places for sockets that have not proved who they are. */
const ADDRESS_SHARE = 4;

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
  enter(address: string): Place | null {
    const { maxUnauthenticated } = this.limits;
    if (maxUnauthenticated > 0) {
      if (this.unauthenticated >= maxUnauthenticated) return null;
      if ((this.byAddress.get(address) ?? 0) >= Math.ceil(maxUnauthenticated / ADDRESS_SHARE)) return null;
    }
    this.unauthenticated += 1;
    change(this.byAddress, address, 1);
    return new OnePlace(this, address);
  }

  /** A socket that has not authenticated gives up its place. */
  leaveAddress(address: string): void {
    this.unauthenticated -= 1;
    change(this.byAddress, address, -1);
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
  /** The address before authentication, the user's id after it, null once it is given up. */
  private holder: string | number | null;

  constructor(
    private readonly admission: Admission,
    address: string,
  ) {
    this.holder = address;
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
    else if (holder !== null) admission.leaveAddress(holder);
  }
}

function change<K>(counts: Map<K, number>, key: K, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
