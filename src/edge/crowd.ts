import { networksOf } from '../domain/client-address.js';

/** Something that holds memory of the process for a peer. */
export interface Crowded {
  readonly peerAddress: string;
  /** Gives the memory up at once: the peer's connection ends, or its request is refused. */
  cut(): void;
}

interface Held {
  readonly network: string;
  bytes: number;
}

interface Network {
  bytes: number;
  /** The longest there first. */
  readonly members: Set<Crowded>;
}

/**
 * Bounds what is held for all peers together. Each connection has bounds of its own, but nobody counts connections: where
 * all of them hold more than `most`, the network that holds most gives up what it has held longest, until they do not. Who
 * takes what he asked for is gone by then; who fills the room makes room.
 */
export class Crowd {
  private readonly held = new Map<Crowded, Held>();
  private readonly networks = new Map<string, Network>();
  private total = 0;

  constructor(private readonly most: number) {}

  get bytes(): number {
    return this.total;
  }

  /** It holds so many bytes from now on. It may be cut within this call, or others may. */
  hold(one: Crowded, bytes: number): void {
    const held = this.held.get(one) ?? this.enter(one);
    this.count(held, bytes - held.bytes);
    while (this.total > this.most) this.cutOne();
  }

  /** It holds nothing any more. A second call does nothing. */
  release(one: Crowded): void {
    const held = this.held.get(one);
    if (held === undefined) return;
    this.count(held, -held.bytes);
    this.held.delete(one);
    const network = this.networks.get(held.network);
    network?.members.delete(one);
    if (network?.members.size === 0) this.networks.delete(held.network);
  }

  private enter(one: Crowded): Held {
    const held = { network: networksOf(one.peerAddress)[0].key, bytes: 0 };
    this.held.set(one, held);
    const network = this.networks.get(held.network) ?? { bytes: 0, members: new Set<Crowded>() };
    this.networks.set(held.network, network);
    network.members.add(one);
    return held;
  }

  private count(held: Held, bytes: number): void {
    held.bytes += bytes;
    this.total += bytes;
    const network = this.networks.get(held.network);
    if (network !== undefined) network.bytes += bytes;
  }

  private cutOne(): void {
    let fullest: Network | null = null;
    for (const network of this.networks.values()) {
      if (fullest === null || network.bytes > fullest.bytes) fullest = network;
    }
    const [first] = fullest?.members ?? [];
    if (first === undefined) return;
    this.release(first);
    first.cut();
  }
}
