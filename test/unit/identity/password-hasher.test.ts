import { createHmac } from 'node:crypto';
import bcrypt from 'bcrypt';
import { expect } from 'chai';
import fc from 'fast-check';
import { AppError } from '../../../src/domain/errors.js';
import { createPasswordHasher } from '../../../src/identity/password-hasher.js';
import { parseStored } from '../../../src/identity/stored-password.js';

const COST = 4;
const hasher = createPasswordHasher({ cost: COST });
const NO = { ok: false, needsRehash: false };

describe('password hasher', () => {
  it('stores bcrypt over base64(HMAC-SHA-384) with a scheme in front', async () => {
    const stored = await hasher.hash('correct horse');
    expect(stored).to.match(/^p1\$2b\$04\$[./A-Za-z0-9]{53}$/);
    const short = createHmac('sha384', 'parley/password/v1').update('correct horse', 'utf8').digest('base64');
    expect(short).to.have.lengthOf(64);
    expect(await bcrypt.compare(short, stored.slice(2))).to.equal(true);
    expect(await hasher.hash('correct horse')).not.to.equal(stored);
  });

  it('reads every byte of a long password', async () => {
    const long = 'ä'.repeat(512);
    const stored = await hasher.hash(long);
    expect(await hasher.verify(long, stored)).to.deep.equal({ ok: true, needsRehash: false });
    expect(await hasher.verify(`${long.slice(0, -1)}b`, stored)).to.deep.equal(NO);
    expect(await hasher.verify(long.slice(0, -1), stored)).to.deep.equal(NO);
  });

  it('matches what was hashed and nothing else', async function () {
    const seed = Date.now();
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 90 });
    const property = fc.asyncProperty(text, text, async (password, other) => {
      const stored = await hasher.hash(password);
      expect((await hasher.verify(password, stored)).ok).to.equal(true);
      for (const wrong of [`${password} `, ` ${password}`, `${password}\0`, password.slice(1), other]) {
        expect(await hasher.verify(wrong, stored)).to.deep.equal({ ok: wrong === password, needsRehash: false });
      }
    });
    await fc.assert(property, { seed, numRuns: 100 }).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error });
    });
  });

  it('verifies plain bcrypt values of a database of the earlier backend, by their own rule, and wants them rewritten', async () => {
    const plain = await bcrypt.hash('old password', COST);
    for (const letter of ['2a', '2b', '2y']) {
      const stored = plain.replace('$2b$', `$${letter}$`);
      expect(await hasher.verify('old password', stored), letter).to.deep.equal({ ok: true, needsRehash: true });
      expect(await hasher.verify('old passwore', stored), letter).to.deep.equal(NO);
      expect(await hasher.verify('old password\0old password', stored), letter).to.deep.equal(NO);
    }
    const long = 'x'.repeat(80);
    expect((await hasher.verify('x'.repeat(72), await bcrypt.hash(long, COST))).ok).to.equal(true);
  });

  it('a value of one scheme is no value of the other', async () => {
    const ours = await hasher.hash('secret words');
    expect(await hasher.verify('secret words', ours.slice(2))).to.deep.equal(NO);
    const plain = await bcrypt.hash('secret words', COST);
    expect(await hasher.verify('secret words', `p1${plain}`)).to.deep.equal(NO);
  });

  it('wants another cost to be rewritten, and only after a match', async () => {
    const stored = await hasher.hash('pass words');
    const dearer = createPasswordHasher({ cost: COST + 1 });
    expect(await dearer.verify('pass words', stored)).to.deep.equal({ ok: true, needsRehash: true });
    expect(await dearer.verify('other words', stored)).to.deep.equal(NO);
  });

  it('never matches without a user, with a value that is none, or with ill-formed text', async () => {
    for (const stored of [null, '', 'p1', '$2b$04$short', 'plaintext', `p2$2b$04$${'a'.repeat(53)}`, '$1$x$y']) {
      expect(await hasher.verify('anything', stored), String(stored)).to.deep.equal(NO);
    }
    expect(await hasher.verify('', await hasher.hash('\u{fffd}'))).to.deep.equal(NO);
    expect(await hasher.verify('\ud800', await hasher.hash('\u{fffd}'))).to.deep.equal(NO);
    const refused = await hasher.hash('\ud800').catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(AppError).with.property('code', 'validation_failed');
  });

  it('does the same work for an unknown user, a wrong password and an old cheap value', async () => {
    const cost = 9;
    const slow = createPasswordHasher({ cost, concurrency: 1 });
    const cheap = await createPasswordHasher({ cost: cost - 3 }).hash('right');
    const dear = await slow.hash('right');
    const time = async (stored: string | null): Promise<number> => {
      const samples: number[] = [];
      for (let round = 0; round < 9; round += 1) {
        const before = process.cpuUsage();
        await slow.verify('wrong', stored);
        const { user, system } = process.cpuUsage(before);
        samples.push(user + system);
      }
      return samples.sort((a, b) => a - b)[4] ?? 0;
    };
    const wrong = await time(dear);
    for (const stored of [null, cheap, 'no value of ours']) {
      expect((await time(stored)) / wrong, String(stored)).to.be.within(0.5, 2);
    }
  });

  it('bounds what runs at once and what waits', async () => {
    const bounded = createPasswordHasher({ cost: 6, concurrency: 1, maxWaiting: 3 });
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => bounded.verify('x', null)));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).to.have.lengthOf(4);
    for (const { reason } of refused) {
      expect(reason).to.be.instanceOf(AppError).with.property('code', 'overloaded');
      expect((reason as AppError).retryAfter).to.be.a('number');
    }
    expect(await bounded.verify('x', null)).to.deep.equal(NO);
  });
});

describe('stored passwords', () => {
  it('are recognised by their exact form', () => {
    const digest = 'a'.repeat(53);
    expect(parseStored(`p1$2b$12$${digest}`)).to.deep.equal({ scheme: 'ours', cost: 12, hash: `$2b$12$${digest}` });
    expect(parseStored(`$2y$10$${digest}`)).to.deep.equal({ scheme: 'plain', cost: 10, hash: `$2b$10$${digest}` });
    for (const bad of [
      `$2b$03$${digest}`,
      `$2b$32$${digest}`,
      `$2x$12$${digest}`,
      `$2b$12$${digest}a`,
      ` $2b$12$${digest}`,
    ]) {
      expect(parseStored(bad), bad).to.equal(null);
    }
  });
});
