import { expect } from 'chai';
import { Outbox } from '../../../src/ws/socket/outbox.js';
import { FakeSocket } from './fakes.js';

const FRAME = Buffer.alloc(100, 'x');

function outboxOf(limits: { maxQueuedBytes?: number; slowTicks?: number }): {
  socket: FakeSocket;
  outbox: Outbox;
  slow: number[];
} {
  const socket = new FakeSocket();
  const slow: number[] = [];
  const outbox = new Outbox(socket, { maxQueuedBytes: 0, slowTicks: 0, ...limits }, (queued) => slow.push(queued));
  return { socket, outbox, slow };
}

describe('Outbox', () => {
  it('hands frames on in order', () => {
    const { socket, outbox, slow } = outboxOf({ maxQueuedBytes: 1_000, slowTicks: 4 });
    outbox.send(Buffer.from('a'));
    outbox.send(Buffer.from('b'), 'ephemeral');
    expect(socket.frames.map(String)).to.deep.equal(['a', 'b']);
    expect(slow).to.have.length(0);
  });

  it('reports a reader whose queue would pass the bound, once, and sends nothing after that', () => {
    const { socket, outbox, slow } = outboxOf({ maxQueuedBytes: 250 });
    socket.stalled = true;
    for (let count = 0; count < 5; count += 1) outbox.send(FRAME);
    expect(socket.frames).to.have.length(2);
    expect(slow).to.deep.equal([200]);
  });

  it('lets one frame through that is larger than the bound when nothing is queued', () => {
    const { socket, outbox, slow } = outboxOf({ maxQueuedBytes: 50 });
    outbox.send(FRAME);
    expect(socket.frames).to.have.length(1);
    expect(slow).to.have.length(0);
  });

  it('takes a refusal of the transport for a durable frame as too slow', () => {
    const { socket, outbox, slow } = outboxOf({});
    socket.stalled = true;
    socket.refuseAbove = 150;
    outbox.send(FRAME);
    outbox.send(FRAME, 'ephemeral');
    expect(slow).to.have.length(0);
    outbox.send(FRAME);
    expect(slow).to.have.length(1);
  });

  it('drops ephemeral frames while anything is queued, durable ones never', () => {
    const { socket, outbox, slow } = outboxOf({ maxQueuedBytes: 1_000 });
    socket.stalled = true;
    outbox.send(Buffer.from('durable 1'));
    outbox.send(Buffer.from('typing'), 'ephemeral');
    outbox.send(Buffer.from('durable 2'));
    expect(socket.frames.map(String)).to.deep.equal(['durable 1', 'durable 2']);
    expect(slow).to.have.length(0);
  });

  it('keeps the newest of what only counts in its newest form while the queue is long, and sends it then', () => {
    const { socket, outbox, slow } = outboxOf({ maxQueuedBytes: 1_000 });
    socket.stalled = true;
    for (let count = 0; count < 4; count += 1) outbox.send(FRAME);
    for (const text of ['a 1', 'b 1', 'a 2']) outbox.sendLatest(text.slice(0, 1), Buffer.from(text));
    expect(socket.frames).to.have.length(4);
    socket.read(300);
    outbox.drained();
    outbox.sendLatest('a', Buffer.from('a 3'));
    expect(socket.frames.slice(4).map(String)).to.deep.equal(['b 1', 'a 2', 'a 3']);
    expect(slow).to.have.length(0);
  });

  it('lets what waits in its newest form go with a tick too, and counts very much of it as a queue', () => {
    const { socket, outbox, slow } = outboxOf({ maxQueuedBytes: 1_000 });
    socket.stalled = true;
    for (let count = 0; count < 4; count += 1) outbox.send(FRAME);
    outbox.sendLatest('a', Buffer.from('a 1'));
    socket.read(400);
    outbox.tick();
    expect(String(socket.frames[4])).to.equal('a 1');
    for (let count = 0; count < 3; count += 1) outbox.send(FRAME);
    for (let count = 0; count < 1_100; count += 1) outbox.sendLatest(String(count), FRAME);
    expect(slow).to.have.length(1);
  });

  it('reports a reader whose oldest byte waits too long, however little it is', () => {
    const { socket, outbox, slow } = outboxOf({ slowTicks: 4 });
    socket.stalled = true;
    outbox.send(FRAME);
    for (let count = 0; count < 4; count += 1) outbox.tick();
    expect(slow).to.have.length(0);
    outbox.tick();
    expect(slow).to.have.length(1);
  });

  it('counts what the transport writes by itself against both bounds', () => {
    const { socket, outbox, slow } = outboxOf({ maxQueuedBytes: 250, slowTicks: 4 });
    socket.stalled = true;
    socket.writeItself(250);
    outbox.grown();
    expect(slow).to.have.length(0);
    socket.writeItself(1);
    outbox.grown();
    expect(slow).to.deep.equal([251]);

    const late = outboxOf({ slowTicks: 4 });
    late.socket.stalled = true;
    late.socket.writeItself(1);
    for (let count = 0; count < 4; count += 1) late.outbox.tick();
    expect(late.slow).to.have.length(0);
    late.outbox.tick();
    expect(late.slow).to.deep.equal([1]);
  });

  it('counts what waits in its newest form as queued, once for each key', () => {
    const { socket, outbox, slow } = outboxOf({ maxQueuedBytes: 1_000 });
    socket.stalled = true;
    for (let count = 0; count < 4; count += 1) outbox.send(FRAME);
    for (let count = 0; count < 6; count += 1) outbox.sendLatest('same', FRAME);
    expect(outbox.queuedBytes).to.equal(500);
    for (let count = 0; count < 5; count += 1) outbox.sendLatest(String(count), FRAME);
    expect([outbox.queuedBytes, slow]).to.deep.equal([1_000, []]);
    outbox.sendLatest('more', FRAME);
    expect(slow).to.deep.equal([1_000]);
    expect(outbox.queuedBytes).to.equal(400);
  });

  it('does not report a reader that always has something queued but keeps up', () => {
    const { socket, outbox, slow } = outboxOf({ slowTicks: 4, maxQueuedBytes: 1_000 });
    socket.stalled = true;
    outbox.send(FRAME);
    for (let count = 0; count < 50; count += 1) {
      outbox.send(FRAME);
      socket.read(100);
      outbox.drained();
      outbox.tick();
    }
    expect(socket.queuedBytes()).to.equal(100);
    expect(slow).to.have.length(0);
  });

  it('reports a reader that reads less than is sent, although the queue moves', () => {
    const { socket, outbox, slow } = outboxOf({ slowTicks: 4 });
    socket.stalled = true;
    for (let count = 0; count < 12 && slow.length === 0; count += 1) {
      outbox.send(FRAME);
      outbox.send(FRAME);
      socket.read(20);
      outbox.drained();
      outbox.tick();
    }
    expect(slow).to.have.length(1);
  });
});
