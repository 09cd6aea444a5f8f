import { expect } from 'chai';
import type { WebSocket } from 'uWebSockets.js';
import { UwsSocket, type SocketData } from '../../src/edge/uws/socket.js';
import { WriteTurn } from '../../src/edge/uws/turn.js';

/** The part of a native socket that writes: what is sent inside one `cork` leaves with one write. */
class Wire {
  readonly writes: string[][] = [];
  private corked: string[] | null = null;

  cork(step: () => void): void {
    this.corked = [];
    step();
    this.writes.push(this.corked);
    this.corked = null;
  }

  send(frame: Uint8Array): number {
    const text = Buffer.from(frame).toString('utf8');
    if (this.corked === null) this.writes.push([text]);
    else this.corked.push(text);
    return 1;
  }

  getBufferedAmount(): number {
    return 0;
  }
}

/** One read may bring what left with two writes, so the writes are counted, not what arrives. */
describe('edge uws: frames of one turn', () => {
  const limits = { maxFrameBytes: 1_000, maxQueuedBytes: 1_000_000 };
  const turn = new WriteTurn((step) => step());
  let ids = 0;

  function open(): { readonly socket: UwsSocket; readonly wire: Wire } {
    const wire = new Wire();
    ids += 1;
    const native = wire as unknown as WebSocket<SocketData>;
    return { wire, socket: new UwsSocket(ids, native, limits, () => undefined, turn) };
  }

  const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('leave with one write: an acknowledgement and its event, of every socket in order', async () => {
    const [one, other] = [open(), open()];
    one.socket.send(Buffer.from('ack'));
    other.socket.send(Buffer.from('event'));
    // As behind a commit: further steps of the same turn.
    await Promise.resolve();
    one.socket.send(Buffer.from('event'));
    expect([one.wire.writes, other.wire.writes]).to.deep.equal([[], []]);
    await nextTurn();
    expect(one.wire.writes).to.deep.equal([['ack', 'event']]);
    expect(other.wire.writes).to.deep.equal([['event']]);
  });

  it('are not held for those of the next turn', async () => {
    const { socket, wire } = open();
    for (const name of ['first', 'second']) {
      socket.send(Buffer.from(name));
      await nextTurn();
    }
    expect(wire.writes).to.deep.equal([['first'], ['second']]);
  });
});
