import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { framingOf, type Framing, type Packet, type Protocol } from './framing.js';
import type { FaultProxy, Rule } from './proxy.js';
import { ShapedWriter } from './shape.js';

type Direction = Packet['direction'];

/** One connection through the proxy: both sockets, and a line of packets in each direction. */
export class Link {
  private readonly server: Socket;
  private readonly framing: Framing;
  private readonly writers: Readonly<Record<Direction, ShapedWriter>>;
  /** The end of each direction's line: packets keep their order whatever happens to one of them. */
  private readonly tails: Record<Direction, Promise<void>> = { request: Promise.resolve(), reply: Promise.resolve() };
  private readonly gates = new Map<Rule, { readonly open: Promise<void>; readonly release: () => void }>();
  /** While a reply is swallowed: the command it answers. */
  private swallowing: string | null = null;
  private ended = 0;
  private hasLostClient = false;

  constructor(
    private readonly proxy: FaultProxy,
    private readonly client: Socket,
    protocol: Protocol,
    private readonly number: number,
    private readonly onGone: () => void,
  ) {
    this.framing = framingOf(protocol);
    const { host, port } = proxy.target;
    this.server = connect({ host, port, noDelay: true, allowHalfOpen: true });
    const shape = () => proxy.shape;
    this.writers = { request: new ShapedWriter(this.server, shape), reply: new ShapedWriter(client, shape) };
    this.pipe('request', client, this.server);
    this.pipe('reply', this.server, client);
  }

  get isStranded(): boolean {
    return this.hasLostClient;
  }

  reset(): void {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }

  /** What the rule holds goes on. */
  release(rule: Rule): void {
    this.gates.get(rule)?.release();
    this.gates.delete(rule);
  }

  private pipe(direction: Direction, from: Socket, to: Socket): void {
    from.on('data', (bytes: Buffer) => {
      for (const piece of this.framing.take(direction, bytes)) {
        const packet: Packet = { ...piece, connection: this.number };
        // Decided as it comes in: a rule that is removed later has met it all the same.
        const rule = this.ruleFor(packet);
        this.enqueue(direction, () => this.carry(packet, rule));
      }
    });
    // Behind everything that is still in the line: a request that is held outlives its sender.
    from.on('end', () => this.enqueue(direction, () => Promise.resolve(void this.finish(direction, to))));
    // The 'close' that follows counts.
    from.on('error', () => undefined);
    from.on('close', (hadError) => {
      this.ended += 1;
      if (this.ended === 2) this.onGone();
      this.enqueue(direction, () => Promise.resolve(void this.close(direction, to, hadError)));
    });
  }

  private finish(direction: Direction, to: Socket): void {
    if (this.hasLostClient) {
      // The server ends what has no client any more; of the client's end it does not hear.
      if (direction === 'reply') this.reset();
      return;
    }
    this.writers[direction].flush();
    to.end();
  }

  private close(direction: Direction, to: Socket, hadError: boolean): void {
    if (this.hasLostClient && direction === 'request') return;
    if (hadError) to.resetAndDestroy();
    else to.destroySoon();
  }

  private enqueue(direction: Direction, work: () => Promise<void>): void {
    this.tails[direction] = this.tails[direction].then(work).catch(() => this.reset());
  }

  private ruleFor(packet: Packet): Rule | null {
    const rule = this.proxy.rules.find((candidate) => candidate.left > 0 && candidate.fits(packet)) ?? null;
    if (rule === null) return null;
    rule.left -= 1;
    rule.hits += 1;
    if (rule.action.kind === 'hold' && !this.gates.has(rule)) this.gates.set(rule, gate());
    return rule;
  }

  private async carry(packet: Packet, rule: Rule | null): Promise<void> {
    if (this.proxy.delayMs > 0) await sleep(this.proxy.delayMs);
    await this.proxy.whilePassing();
    if (this.hasLostClient) return;
    if (packet.direction === 'request') this.swallowing = null;
    else if (this.swallowing !== null) return;
    if (rule === null) return this.writers[packet.direction].write(packet.bytes);
    const { action } = rule;
    switch (action.kind) {
      case 'swallow':
        if (packet.direction === 'reply') this.swallowing = packet.command;
        return;
      case 'cut':
        return this.reset();
      case 'hold':
        await this.gates.get(rule)?.open;
        return this.writers[packet.direction].write(packet.bytes);
      case 'strand':
        this.hasLostClient = true;
        if (action.client === 'cut') this.client.resetAndDestroy();
        return;
      case 'rewrite':
        return this.writers[packet.direction].write(action.bytes(packet));
      case 'answer':
        return this.writers[packet.direction === 'request' ? 'reply' : 'request'].write(action.bytes(packet));
      default:
        return action satisfies never;
    }
  }
}

function gate(): { readonly open: Promise<void>; readonly release: () => void } {
  let release: () => void = () => undefined;
  const open = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { open, release };
}
