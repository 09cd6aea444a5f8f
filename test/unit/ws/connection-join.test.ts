import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import { gate, participant, removed, sent, settle, START } from './fakes.js';
import { Harness } from './harness.js';

describe('connection', () => {
  describe('joins without a hole', () => {
    it('registers before it reads the membership, and flushes what came meanwhile above the rev it read', async () => {
      const harness = new Harness();
      const membership = gate<{ rev: number; lastSeq: number }>();
      harness.join = () => membership.promise;
      const { socket } = await harness.connect(1);
      harness.publish(sent(1), sent(2), sent(3));
      expect(socket.frames).to.have.length(0);
      membership.open({ rev: 2, lastSeq: 2 });
      await settle();
      harness.publish(sent(4));
      expect(socket.json().map((frame) => frame['rev'])).to.deep.equal([3, 4]);
    });

    it('refuses when the removal committed between registration and read', async () => {
      const harness = new Harness();
      const membership = gate<{ rev: number; lastSeq: number }>();
      harness.join = () => membership.promise;
      const { socket } = await harness.connect(2);
      harness.publish(removed(1, 2), sent(2));
      membership.fail(new AppError('chat_not_found'));
      await settle();
      expect(socket.closedWith).to.equal(4003);
      expect(socket.frames).to.have.length(0);
    });

    it('delivers the removal and closes when it committed after the read but arrived before the flush', async () => {
      const harness = new Harness();
      const membership = gate<{ rev: number; lastSeq: number }>();
      harness.join = () => membership.promise;
      const { socket } = await harness.connect(2);
      harness.publish(sent(1), removed(2, 2), sent(3));
      membership.open({ rev: 1, lastSeq: 1 });
      await settle();
      expect(socket.types()).to.deep.equal(['participant_removed']);
      expect(socket.closedWith).to.equal(4003);
      expect(harness.local.presence.stats().totalConnections).to.equal(0);
    });

    it('goes live when the user was removed and added again before the read', async () => {
      const harness = new Harness();
      const membership = gate<{ rev: number; lastSeq: number }>();
      harness.join = () => membership.promise;
      const { socket } = await harness.connect(2);
      harness.publish(removed(1, 2));
      harness.publish({
        type: 'participant_added',
        chatId: 7,
        rev: 2,
        at: new Date(START),
        participant: participant(2),
        by: 1,
      });
      membership.open({ rev: 2, lastSeq: 2 });
      await settle();
      harness.publish(sent(3));
      expect(socket.closedWith).to.equal(null);
      expect(socket.types()).to.deep.equal(['new_message']);
    });

    it('reads again when its read is older than events that have gone by', async () => {
      const harness = new Harness();
      const slow = gate<{ rev: number; lastSeq: number }>();
      const reads: number[] = [];
      harness.join = (actor) => {
        reads.push(actor.userId);
        if (actor.userId === 1 && reads.filter((id) => id === 1).length === 1) return slow.promise;
        return Promise.resolve({ rev: 5, lastSeq: 5 });
      };
      const late = await harness.connect(1);
      const quick = await harness.connect(2);
      harness.publish(sent(6));
      slow.open({ rev: 4, lastSeq: 4 });
      await settle();
      harness.publish(sent(7));
      expect(reads).to.deep.equal([1, 2, 1]);
      const revsOf = (peer: typeof late): unknown[] =>
        peer.socket
          .json()
          .filter((frame) => frame['type'] === 'new_message')
          .map((frame) => frame['rev']);
      expect(revsOf(quick)).to.deep.equal([6, 7]);
      expect(revsOf(late)).to.deep.equal([6, 7]);
    });

    it('answers a ping with the rev it joined at, where the event of that rev has yet to come by', async () => {
      const harness = new Harness();
      const early = await harness.connect(1);
      harness.rev = 1;
      const late = await harness.connect(2);
      early.send({ type: 'ping' });
      late.send({ type: 'ping' });
      harness.publish(sent(1), sent(2));
      await settle();
      const durable = (peer: typeof late): unknown[] =>
        peer.socket
          .json()
          .filter((frame) => 'rev' in frame)
          .map((frame) => [frame['type'], frame['rev']]);
      expect(durable(early)).to.deep.equal([
        ['new_message', 1],
        ['new_message', 2],
        ['pong', 0],
      ]);
      expect(durable(late)).to.deep.equal([
        ['new_message', 2],
        ['pong', 1],
      ]);
    });

    it('bounds what it keeps while joining, and reads again what it did not keep', async () => {
      const harness = new Harness({ maxQueuedBytes: 1_000 });
      const slow = gate<{ rev: number; lastSeq: number }>();
      const reads: number[] = [];
      harness.join = (actor, chatId) => {
        reads.push(actor.userId);
        return reads.length === 1 ? slow.promise : harness.store.join(actor.userId, chatId);
      };
      const first = await harness.connect(1);
      // Another socket starts the chat's cursor, so that events reach the joining one.
      await harness.connect(2);
      for (let rev = 1; rev < 20; rev += 1) harness.publish(sent(rev));
      slow.open({ rev: 0, lastSeq: 0 });
      await settle();
      harness.publish(sent(20));
      expect(reads).to.deep.equal([1, 2, 1]);
      expect(first.socket.closedWith).to.equal(null);
      expect(first.socket.json().flatMap((frame) => frame['rev'] ?? [])).to.deep.equal([20]);
    });

    it('forgets a socket that closed while it was joining', async () => {
      const harness = new Harness();
      const membership = gate<{ rev: number; lastSeq: number }>();
      harness.join = () => membership.promise;
      const { socket, listener } = await harness.connect(1);
      listener.closed(1001);
      membership.open({ rev: 0, lastSeq: 0 });
      await settle();
      harness.publish(sent(1));
      expect(socket.frames).to.have.length(0);
      expect(harness.local.presence.stats().totalConnections).to.equal(0);
    });
  });
});
