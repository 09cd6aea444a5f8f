import { Writable } from 'node:stream';
import { DrizzleQueryError } from 'drizzle-orm/errors';
import { LibsqlError } from '@libsql/client';
import { expect } from 'chai';
import { MongoBulkWriteError, MongoServerError } from 'mongodb';
import { ValidationError } from 'yup';
import { AppError } from '../../../src/domain/errors.js';
import { describeError } from '../../../src/telemetry/describe-error.js';
import { createLogger } from '../../../src/telemetry/logger.js';
import { scrubError } from '../../../src/telemetry/scrub-error.js';

const SECRET = 'planted-secret';

function mysqlError(): Error {
  const error = new Error(`Duplicate entry '${SECRET}' for key 'users.username_key'`);
  return Object.assign(error, {
    code: 'ER_DUP_ENTRY',
    errno: 1062,
    sqlState: '23000',
    sql: `insert into users values ('${SECRET}')`,
    sqlMessage: `Duplicate entry '${SECRET}'`,
  });
}

function bulkWriteError(): Error {
  const document = { content: SECRET };
  const writeError = { code: 11000, index: 0, errmsg: SECRET, op: document, err: { op: document, errmsg: SECRET } };
  const error = new MongoBulkWriteError(
    { message: `E11000 dup key { content: "${SECRET}" }`, code: 11000, writeErrors: [] },
    { insertedCount: 0 } as unknown as ConstructorParameters<typeof MongoBulkWriteError>[1],
  );
  return Object.assign(error, { writeErrors: [writeError], result: { ops: [document] } });
}

function jsonError(): unknown {
  try {
    return JSON.parse(SECRET);
  } catch (error) {
    return error;
  }
}

function nodeArgumentError(): unknown {
  try {
    return Buffer.from(1 as unknown as string, SECRET as BufferEncoding);
  } catch (error) {
    return error;
  }
}

const drivers: [string, () => unknown][] = [
  ['mysql2', mysqlError],
  ['Drizzle', () => new DrizzleQueryError(`select '${SECRET}'`, [SECRET], mysqlError())],
  [
    'libsql',
    () => new LibsqlError(`near "${SECRET}": syntax error`, 'SQLITE_ERROR', undefined, undefined, mysqlError()),
  ],
  ['MongoDB', () => new MongoServerError({ message: SECRET, code: 121, errInfo: { document: SECRET } })],
  ['MongoDB bulk write', bulkWriteError],
  ['yup', () => new ValidationError(`content must be at most 3, got ${SECRET}`, { content: SECRET }, SECRET)],
  ['JSON.parse', jsonError],
  ['a node API', nodeArgumentError],
  ['a plain error', () => Object.assign(new Error(`line one\n    at ${SECRET} (x:1:1)`), { details: SECRET })],
  ['a renamed error', () => Object.assign(new Error(SECRET), { name: `${SECRET} of a name` })],
  ['a code that is a value', () => Object.assign(new Error('x'), { code: `${SECRET} is taken` })],
  ['a thrown string', () => SECRET],
  ['a thrown object', () => ({ password: SECRET, message: SECRET })],
  ['an aggregate', () => new AggregateError([mysqlError(), bulkWriteError()], SECRET)],
  ['an AppError around a driver error', () => new AppError('unavailable', { cause: mysqlError() })],
];

describe('errors in the log', () => {
  for (const [source, make] of drivers) {
    it(`say nothing of the values: ${source}`, () => {
      let text = '';
      const stream = new Writable({
        write(chunk: Buffer, _encoding, done) {
          text += chunk.toString();
          done();
        },
      });
      const logger = createLogger({ level: 'debug', format: 'json' }, stream);
      const error = make();
      logger.error({ err: error }, 'failed');
      logger.error({ outer: { err: error, list: error instanceof Error ? [error] : [] } }, 'failed');
      logger.error(new Error('outer', { cause: error }), 'failed');
      expect(text.split('\n').length).to.equal(4);
      expect(text).not.to.contain(SECRET);
      expect(text).not.to.match(/insert into|select /);
    });
  }

  it('keep what an operator needs', () => {
    const facts = scrubError(new DrizzleQueryError('select 1', [], mysqlError()));
    expect(facts.cause).to.include({ code: 'ER_DUP_ENTRY', errno: 1062, sqlState: '23000' });
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:3306'), {
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
      address: '127.0.0.1',
      port: 3306,
      phase: 'begin',
    });
    const { stack, ...rest } = scrubError(refused);
    expect(rest).to.deep.equal({
      name: 'Error',
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
      address: '127.0.0.1',
      port: 3306,
      phase: 'begin',
    });
    expect(stack?.[0]).to.match(/^at .*scrub-error\.test\.ts/);
  });

  it("keep the engine's own messages, which name program text only", () => {
    const missing: { f?: () => void } = {};
    try {
      (missing.f as () => void)();
    } catch (error) {
      expect(scrubError(error)).to.include({ name: 'TypeError', message: 'missing.f is not a function' });
    }
  });

  it('end with a chain of causes that does not', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(JSON.stringify(scrubError(error)).length).to.be.below(20_000);
  });
});

describe('a start that failed', () => {
  it('is told in one line, without credentials', () => {
    const cause = Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' });
    expect(describeError(new Error('No MySQL at db:3306 within 60 s', { cause }))).to.equal(
      'No MySQL at db:3306 within 60 s (ECONNREFUSED)',
    );
    expect(describeError(new Error(`cannot open mysql://u:${SECRET}@db/chat`))).not.to.contain(SECRET);
    expect(describeError(new AppError('unavailable', { detail: 'No luck' }))).to.equal('No luck');
    expect(describeError(new TypeError('x is not a function'))).to.equal('TypeError x is not a function');
    expect(describeError(new DrizzleQueryError(`select '${SECRET}'`, [], mysqlError()))).not.to.contain(SECRET);
    expect(describeError(SECRET)).to.equal('thrown string');
  });
});
