import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import { answerError, toAppError } from '../../../src/http/errors.js';
import { ERROR_CODES, type ErrorCode } from '../../../src/protocol/error-codes.js';
import type { ProblemResource } from '../../../src/protocol/resources.js';

const parse = (body: string): ProblemResource => JSON.parse(body) as ProblemResource;

describe('answerError', () => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    it(`answers ${code} with what the registry says`, () => {
      const { status, headers, body } = answerError(new AppError(code), '/api/v1/chats/:chat_id');
      expect(status).to.equal(ERROR_CODES[code].status);
      expect(headers['Content-Type']).to.equal('application/problem+json');
      expect(headers['WWW-Authenticate']).to.equal(status === 401 ? 'Bearer' : undefined);
      expect(parse(body)).to.deep.equal({
        type: `urn:parley:problem:${code}`,
        title: ERROR_CODES[code].title,
        status,
        detail: ERROR_CODES[code].detail,
        code,
        instance: '/api/v1/chats/:chat_id',
      });
    });
  }

  it('prefers the sentence of the occurrence and rounds Retry-After up', () => {
    const { headers, body } = answerError(new AppError('rate_limited', { detail: 'Slow down', retryAfter: 0.2 }), null);
    expect(parse(body).detail).to.equal('Slow down');
    expect(headers['Retry-After']).to.equal('1');
    expect(parse(body).instance).to.equal('/*');
  });

  it('ends the connection of a body that it will not read', () => {
    expect(answerError(new AppError('payload_too_large'), null).headers['Connection']).to.equal('close');
  });

  it('stays within 1 KB however many problems there are, and says how many it left out', () => {
    for (const count of [0, 1, 5, 6, 7, 8, 50]) {
      for (const path of ['x', 'p'.repeat(60), 'é'.repeat(100)]) {
        const errors = Array.from({ length: count }, () => ({
          path,
          code: 'out_of_range',
          message: 'Must be at least 1',
        }));
        const { body } = answerError(new AppError('validation_failed', { errors }), '/api/v1/chats');
        expect(Buffer.byteLength(body)).to.be.at.most(1_024);
        const listed = parse(body).errors ?? [];
        const omitted = listed.find((error) => error.code === 'omitted');
        const told = listed.length - (omitted === undefined ? 0 : 1);
        expect(told + Number(/^\d+/.exec(omitted?.message ?? '0')?.[0])).to.equal(count);
      }
    }
  });

  it('says nothing about an error that is none of ours', () => {
    const { status, body } = answerError(toAppError(new Error('SELECT hunter2')), '/');
    expect(status).to.equal(500);
    expect(body).not.to.contain('hunter2');
    expect(answerError(toAppError('hunter2'), '/').body).to.equal(body);
  });
});
