import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import { readBytes, wholeBodyOf } from '../../../src/http/read-bytes.js';

function streamed(chunks: readonly Buffer[], headers: object = {}): IncomingMessage {
  return Object.assign(Readable.from(chunks, { objectMode: false }), { headers }) as unknown as IncomingMessage;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return error instanceof AppError ? error.code : 'other';
  }
}

describe('the bytes of a body', () => {
  const parts = [Buffer.from('ab'), Buffer.from('cd')];

  it('come whole out of a stream', async () => {
    expect((await readBytes(streamed(parts), 4)).toString()).to.equal('abcd');
  });

  it('are taken as they are from a listener that has read them', () => {
    const wholeBody = Buffer.from('abcd');
    const request = Object.assign(streamed([]), { wholeBody });
    expect(wholeBodyOf(request, 4)).to.equal(wholeBody);
    expect(wholeBodyOf(request, 3)).to.equal(null);
  });

  it('are refused when they are too many, however they come', async () => {
    const declared = streamed(parts, { 'content-length': '5' });
    const buffered = Object.assign(streamed(parts), { wholeBody: Buffer.concat(parts) });
    for (const request of [declared, streamed(parts), buffered]) {
      expect(await codeOf(readBytes(request, 3))).to.equal('payload_too_large');
    }
  });
});
