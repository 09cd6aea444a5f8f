import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import { COMMAND_TYPES } from '../../../src/ws/commands/index.js';
import { message, settle, type Frame } from './fakes.js';
import { Harness, type Peer } from './harness.js';

describe('dispatch', () => {
  let harness: Harness;
  let peer: Peer;

  beforeEach(async () => {
    harness = new Harness();
    harness.rev = 41;
    peer = await harness.connect(1);
  });

  async function replyTo(frame: unknown): Promise<Frame | undefined> {
    const before = peer.socket.frames.length;
    peer.send(frame);
    await settle();
    return peer.socket.json()[before];
  }

  it('knows these commands and no others', () => {
    expect(COMMAND_TYPES).to.deep.equal(['message', 'typing', 'ping', 'read', 'resume']);
  });

  it('answers a message with one ack after the store has it', async () => {
    const ack = await replyTo({ type: 'message', chat_id: 7, content: 'hi', client_message_id: 'c-1', id: 'a' });
    expect(ack).to.deep.equal({
      type: 'ack',
      id: 'a',
      client_message_id: 'c-1',
      message_id: 142,
      seq: 1,
      rev: 42,
      duplicate: false,
    });
  });

  it('answers without id where none was given, and says duplicate', async () => {
    harness.sendMessage = () => Promise.resolve({ message: message({ id: 5, seq: 2, rev: 3 }), duplicate: true });
    expect(await replyTo({ type: 'message', content: 'hi' })).to.deep.equal({
      type: 'ack',
      client_message_id: null,
      message_id: 5,
      seq: 2,
      rev: 3,
      duplicate: true,
    });
  });

  it('answers a ping with the rev up to which the chat was delivered', async () => {
    expect(await replyTo({ type: 'ping', id: 9 })).to.include({ type: 'pong', id: 9, rev: 41 });
  });

  for (const id of ['', 'x'.repeat(64), 0, -1, Number.MAX_SAFE_INTEGER]) {
    it(`repeats the id ${JSON.stringify(id).slice(0, 20)}`, async () => {
      expect((await replyTo({ type: 'ping', id }))?.['id']).to.equal(id);
      expect((await replyTo({ type: 'nonsense', id }))?.['id']).to.equal(id);
    });
  }

  for (const id of ['x'.repeat(65), 1.5, 2 ** 53, null, true, [], {}, '\ud800']) {
    it(`refuses the id ${JSON.stringify(id).slice(0, 20)} without repeating it`, async () => {
      const reply = await replyTo({ type: 'ping', id });
      expect(reply).to.include({ type: 'error', code: 'validation_failed' }).and.not.to.have.property('id');
    });
  }

  it('names an unknown type only when it is a name', async () => {
    expect(await replyTo({ type: 'shout' })).to.include({
      code: 'unknown_type',
      message: 'Unknown message type: shout',
    });
    for (const type of ['<script>', 'A', 'x'.repeat(33), 5, null, undefined, ['message'], { type: 'message' }]) {
      expect(await replyTo({ type })).to.include({ code: 'unknown_type', message: 'Unknown message type' });
    }
  });

  it('does not take inherited names for types', async () => {
    for (const type of ['constructor', 'toString', '__proto__', 'valueOf']) {
      expect(await replyTo({ type })).to.include({ code: 'unknown_type' });
    }
  });

  it('refuses another chat without an effect', async () => {
    let sends = 0;
    harness.sendMessage = () => {
      sends += 1;
      return Promise.reject(new AppError('internal'));
    };
    for (const frame of [
      { type: 'message', chat_id: 8, content: 'hi' },
      { type: 'typing', chat_id: 8, content: 'start' },
      { type: 'ping', chat_id: 8 },
    ]) {
      expect(await replyTo(frame)).to.include({ type: 'error', code: 'wrong_chat' });
    }
    expect(sends).to.equal(0);
  });

  it('names the first problem of a frame that does not validate', async () => {
    expect(await replyTo({ type: 'message', content: '' })).to.include({
      code: 'validation_failed',
      message: 'content: Must not be empty',
    });
    expect(await replyTo({ type: 'typing', content: 'maybe' })).to.include({ code: 'validation_failed' });
    expect(await replyTo({ type: 'ping', extra: 1 })).to.include({ code: 'validation_failed' });
  });

  it('tells what a service refuses, and says nothing of a bug but in the log', async () => {
    harness.sendMessage = () => Promise.reject(new AppError('chat_not_found'));
    expect(await replyTo({ type: 'message', content: 'hi' })).to.include({ code: 'chat_not_found' });
    expect(harness.logger.at('error')).to.have.length(0);
    harness.sendMessage = () => Promise.reject(new Error('SELECT secret'));
    const reply = await replyTo({ type: 'message', content: 'hi' });
    expect(reply).to.include({ code: 'internal' });
    expect(JSON.stringify(reply)).not.to.include('secret');
    expect(harness.logger.at('error')).to.deep.equal(['a command failed']);
    expect(peer.socket.closedWith).to.equal(null);
  });

  it('hands sends to the service in the order of their frames, within the call', () => {
    const contents: string[] = [];
    harness.sendMessage = (_actor, input) => {
      contents.push(input.content);
      return new Promise(() => undefined);
    };
    for (let index = 0; index < 50; index += 1) peer.send({ type: 'message', content: String(index) });
    expect(contents).to.deep.equal(Array.from({ length: 50 }, (_, index) => String(index)));
  });

  it('refuses more than 256 commands that wait for their reply', async () => {
    harness.sendMessage = () => new Promise(() => undefined);
    for (let id = 0; id < 256; id += 1) peer.send({ type: 'message', content: 'x', id });
    expect(await replyTo({ type: 'message', content: 'x', id: 256 })).to.include({ code: 'overloaded', id: 256 });
    expect(peer.socket.closedWith).to.equal(null);
  });
});
