import { Writable } from 'node:stream';
import { expect } from 'chai';
import { createLogger } from '../../../src/telemetry/logger.js';

interface Captured {
  readonly stream: Writable;
  readonly text: () => string;
  readonly events: () => Record<string, unknown>[];
}

function capture(): Captured {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const lines = (): string[] => text.split('\n').filter((line) => line !== '');
  return { stream, text: () => text, events: () => lines().map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('logger', () => {
  it('writes one JSON object per line, with level, time, facts and message', () => {
    const { stream, events } = capture();
    const logger = createLogger({ level: 'info', format: 'json' }, stream);
    logger.info({ chatId: 7, at: new Date(0), route: '/chats/:id\nforged' }, 'sent');
    logger.warn({}, 'careful');
    expect(events()).to.have.lengthOf(2);
    expect(events()[0]).to.include({ level: 'info', chatId: 7, msg: 'sent', at: '1970-01-01T00:00:00.000Z' });
    expect(events()[0]?.['time']).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(events()[1]).to.include({ level: 'warn', msg: 'careful' });
  });

  it('leaves out what is below its level', () => {
    const { stream, events } = capture();
    const logger = createLogger({ level: 'warn', format: 'json' }, stream);
    logger.debug({}, 'a');
    logger.info({}, 'b');
    logger.warn({}, 'c');
    logger.error({}, 'd');
    expect(events().map(({ msg }) => msg)).to.deep.equal(['c', 'd']);
  });

  it('writes lines for people in a terminal', () => {
    const { stream, text } = capture();
    createLogger({ level: 'info', format: 'pretty' }, stream).info({ port: 8000 }, 'listening');
    expect(text()).to.match(/INFO.*listening.*8000/);
  });

  it('hides secrets and submitted values by name, wherever they are', () => {
    const { stream, text, events } = capture();
    const logger = createLogger({ level: 'info', format: 'json' }, stream);
    const secrets = {
      password: 'planted',
      hashed_password: 'planted',
      newPassword: 'planted',
      token: 'planted',
      accessToken: 'planted',
      access_token: 'planted',
      authorization: 'planted',
      Authorization: 'planted',
      cookie: 'planted',
      secretKey: 'planted',
      body: 'planted',
      content: 'planted',
      params: ['planted'],
      sql: 'planted',
      op: { q: 'planted' },
      headers: { 'x-any': 'planted' },
      values: [['planted']],
    };
    for (const facts of [
      secrets,
      { a: secrets },
      { a: [{ b: secrets }] },
      { a: { b: { c: { d: { e: secrets } } } } },
    ]) {
      logger.error(facts, 'event');
    }
    expect(events()).to.have.lengthOf(4);
    expect(text()).not.to.contain('planted');
  });

  it('cuts tokens and credentials out of any text', () => {
    const { stream, text } = capture();
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';
    const logger = createLogger({ level: 'info', format: 'json' }, stream);
    logger.info({ url: `/api/v1/ws/1?token=planted&x=1`, note: jwt, list: [`Bearer planted`] }, `got ${jwt}`);
    logger.info({ target: 'mongodb://user:planted@host/db', other: 'mysql://planted@h' }, 'bearer.planted');
    expect(text()).not.to.contain('planted').and.not.to.contain('eyJ');
    expect(text()).to.contain('&x=1').and.to.contain('host/db');
  });

  it('keeps counts and flags of such names', () => {
    const { stream, events } = capture();
    createLogger({ level: 'info', format: 'json' }, stream).info({ bodies: 3, content: null, sql: 4 }, 'counted');
    expect(events()[0]).to.include({ bodies: 3, content: null, sql: 4 });
  });

  it('is bounded: cycles, depth, width, length, bytes', () => {
    const { stream, text, events } = capture();
    const cycle: Record<string, unknown> = { n: 1n, bytes: Buffer.from('planted'), f: () => 'planted' };
    cycle['self'] = cycle;
    cycle['wide'] = Array.from({ length: 10_000 }, (_, index) => index);
    cycle['long'] = 'x'.repeat(100_000);
    createLogger({ level: 'info', format: 'json' }, stream).info(cycle, 'bounded');
    expect(text().length).to.be.below(50_000);
    expect(text()).not.to.contain('planted');
    expect(events()[0]).to.include({ n: '1', bytes: '[7 bytes]' });
  });
});
