import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Link } from './link.js';
import type { Packet, Protocol } from './framing.js';
import type { Shape } from './shape.js';

/**
 * What happens to a packet that a rule fits.
 *
 *   swallow   it never arrives; of a MySQL reply, all its packets
 *   cut       it does not arrive and both sides of its connection are reset
 *   hold      it waits, and what comes behind it, until `release`, also when its sender has gone meanwhile
 *   rewrite   other bytes arrive in its stead
 *   answer    these bytes go back to its sender, and it does not arrive
 *   strand    it does not arrive, nor does anything behind it, not even the end of the connection: the server keeps
 *             its side, with all that belongs to it, until it ends it itself or `heal`; the client's is cut or silent
 */
export type Action =
  | { readonly kind: 'swallow' | 'cut' | 'hold' }
  | { readonly kind: 'strand'; readonly client: 'cut' | 'silent' }
  | { readonly kind: 'rewrite' | 'answer'; readonly bytes: (packet: Packet) => Buffer };

export interface Rule {
  readonly fits: (packet: Packet) => boolean;
  readonly action: Action;
  /** How many more packets it is for; Infinity until removed. */
  left: number;
  hits: number;
}

export interface RuleHandle {
  readonly hits: number;
  /** Resolves with the first packet that it met. */
  readonly met: Promise<Packet>;
  /** What a `hold` holds goes on; nothing is held from here on. */
  release(): void;
  remove(): void;
}

/** A TCP proxy in front of one server that understands enough of its protocol to lose exactly one answer. */
export class FaultProxy {
  /** For all connections of either direction. */
  shape: Shape = 'whole';
  /** Delay of each packet in milliseconds. */
  delayMs = 0;
  readonly rules: Rule[] = [];
  private readonly links = new Set<Link>();
  private readonly server: Server;
  private opened = 0;
  private refusing = false;
  private silent: { readonly over: Promise<void>; readonly end: () => void } | null = null;

  private constructor(
    private destination: { readonly host: string; readonly port: number },
    private readonly protocol: Protocol,
  ) {
    this.server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => this.accept(client));
  }

  static async start(
    target: { readonly host: string; readonly port: number },
    protocol: Protocol,
  ): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, protocol);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  /** Where new connections lead. */
  get target(): { readonly host: string; readonly port: number } {
    return this.destination;
  }

  /** The address moves: connections of before stay where they are. */
  move(target: { readonly host: string; readonly port: number }): void {
    this.destination = target;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections that are open on either side. */
  get connections(): number {
    return this.links.size;
  }

  /** Connections that the server still keeps open without a client. */
  get stranded(): number {
    return [...this.links].filter((link) => link.isStranded).length;
  }

  /** Resolves when everything may pass. */
  whilePassing(): Promise<void> | null {
    return this.silent?.over ?? null;
  }

  /** Applies to the next `times` packets that fit, on any connection. */
  when(fits: (packet: Packet) => boolean, action: Action, times = Infinity): RuleHandle {
    let meet: (packet: Packet) => void = () => undefined;
    const met = new Promise<Packet>((resolve) => {
      meet = resolve;
    });
    const rule: Rule = {
      fits(packet) {
        if (!fits(packet)) return false;
        meet(packet);
        return true;
      },
      action,
      left: times,
      hits: 0,
    };
    this.rules.push(rule);
    const remove = (): void => {
      const at = this.rules.indexOf(rule);
      if (at !== -1) this.rules.splice(at, 1);
    };
    return {
      get hits() {
        return rule.hits;
      },
      met,
      remove,
      release: () => {
        remove();
        for (const link of this.links) link.release(rule);
      },
    };
  }

  /** Black hole: nothing passes, connections stay and new ones are taken, until `pass`. */
  hold(): void {
    if (this.silent !== null) return;
    let end: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.silent = { over, end };
  }

  pass(): void {
    this.silent?.end();
    this.silent = null;
  }

  /** Resets every connection; with `refuse`, new ones too until it is called without. */
  cut(options: { readonly refuse?: boolean } = {}): void {
    this.refusing = options.refuse ?? false;
    for (const link of [...this.links]) link.reset();
  }

  /** Takes every fault back; what is held goes on. */
  heal(): void {
    for (const rule of this.rules.splice(0)) for (const link of this.links) link.release(rule);
    for (const link of [...this.links]) if (link.isStranded) link.reset();
    this.shape = 'whole';
    this.delayMs = 0;
    this.refusing = false;
    this.pass();
  }

  async stop(): Promise<void> {
    this.heal();
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  private accept(client: Socket): void {
    if (this.refusing) {
      client.resetAndDestroy();
      return;
    }
    this.opened += 1;
    const link: Link = new Link(this, client, this.protocol, this.opened, () => this.links.delete(link));
    this.links.add(link);
  }
}
