import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import { gate, removed, sent, settle, START } from './fakes.js';
import { Harness } from './harness.js';

describe('connection', () => {
  describe('ends', () => {
    it('with the event and 4003 on removal, before any later event of the same batch', async () => {
      const harness = new Harness();
      const [two, other] = [await harness.connect(2), await harness.connect(3)];
      const second = await harness.connect(2);
      harness.ticker.tick();
      harness.publish(sent(1), removed(2, 2), sent(3));
      for (const { socket } of [two, second]) {
        expect(socket.types().filter((type) => type !== 'user_joined')).to.deep.equal([
          'new_message',
          'participant_removed',
        ]);
        expect(socket.closedWith).to.equal(4003);
      }
      harness.ticker.tick();
      expect(other.socket.types().filter((type) => type !== 'user_joined')).to.have.members([
        'new_message',
        'participant_removed',
        'new_message',
        'user_left',
      ]);
      expect(other.socket.closedWith).to.equal(null);
    });

    it('with 4401 within a tick of the token, idle', async () => {
      const harness = new Harness();
      harness.tokenEnds = START + 1_000;
      const { socket } = await harness.connect(1);
      harness.clock.time = START + 999;
      harness.ticker.tick();
      expect(socket.closedWith).to.equal(null);
      harness.clock.time = START + 1_000;
      harness.ticker.tick();
      expect(socket.closedWith).to.equal(4401);
    });

    it('with 4401 before anything is delivered or read after the token, whatever the tick', async () => {
      const harness = new Harness();
      harness.tokenEnds = START + 1_000;
      const [reader, writer] = [await harness.connect(1), await harness.connect(2)];
      const answer = gate<never>();
      harness.sendMessage = () => answer.promise;
      writer.send({ type: 'message', content: 'in flight' });
      harness.clock.time = START + 1_000;
      const before = reader.socket.frames.length;
      harness.publish(sent(1));
      expect(reader.socket.closedWith).to.equal(4401);
      expect(reader.socket.frames).to.have.length(before);
      const asked = writer.socket.frames.length;
      answer.fail(new AppError('unavailable'));
      await settle();
      expect(writer.socket.closedWith).to.equal(4401);
      expect(writer.socket.frames).to.have.length(asked);
    });

    it('with 4408 when it would skip an event', async () => {
      const harness = new Harness();
      const { socket } = await harness.connect(1);
      // An event that cannot be presented is lost for this node; the next one shows the hole.
      const broken = sent(1);
      Object.defineProperty(broken, 'at', { value: new Date(NaN) });
      harness.publish(broken, sent(2));
      expect(socket.frames).to.have.length(0);
      expect(socket.closedWith).to.equal(4408);
      expect(harness.logger.at('error')).to.have.length(1);
    });

    it('with 4408 for a reader that stalls, while the others go on', async () => {
      const harness = new Harness({ slowReaderMs: 1_000 });
      const [slow, quick] = [await harness.connect(1), await harness.connect(2)];
      slow.socket.stalled = true;
      harness.publish(sent(1));
      harness.ticker.tick(6);
      harness.publish(sent(2));
      expect(slow.socket.closedWith).to.equal(4408);
      expect(quick.socket.closedWith).to.equal(null);
      expect(quick.socket.types().filter((type) => type === 'new_message')).to.have.length(2);
    });

    it('with 4429 above the frames per second, pings and broken frames included', async () => {
      const harness = new Harness({ framesPerSecond: 10 });
      const peer = await harness.connect(1);
      for (let count = 0; count < 20; count += 1) peer.send(count % 2 === 0 ? { type: 'ping' } : 'not JSON');
      expect(peer.socket.closedWith).to.equal(null);
      harness.clock.time += 100;
      peer.send({ type: 'ping' });
      expect(peer.socket.closedWith).to.equal(null);
      peer.send({ type: 'ping' });
      expect(peer.socket.closedWith).to.equal(4429);
    });

    it('with 4429 for one socket too many of a user, until another one has gone', async () => {
      const harness = new Harness({ socketsPerUser: 2 });
      const [first] = [await harness.connect(1), await harness.connect(1)];
      expect((await harness.connect(1)).socket.closedWith).to.equal(4429);
      expect((await harness.connect(2)).socket.closedWith).to.equal(null);
      first.listener.closed(1000);
      expect((await harness.connect(1)).socket.closedWith).to.equal(null);
    });
  });
});
