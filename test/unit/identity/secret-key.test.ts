import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { resolveSecretKey } from '../../../src/identity/secret-key.js';

describe('secret key', () => {
  let root: string;
  let dataDir: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'parley-key-'));
    dataDir = join(root, 'not-yet');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('is the configured one, and then nothing is written', async () => {
    expect(await resolveSecretKey('configured', dataDir)).to.equal('configured');
    expect(readdirSync(root)).to.deep.equal([]);
  });

  it('is made once, random, kept, and for its owner only', async () => {
    const key = await resolveSecretKey(null, dataDir);
    expect(Buffer.from(key, 'base64url')).to.have.lengthOf(48);
    expect(await resolveSecretKey(null, dataDir)).to.equal(key);
    expect(await resolveSecretKey(null, join(root, 'other'))).not.to.equal(key);
    expect(readdirSync(dataDir)).to.deep.equal(['secret-key']);
    expect(statSync(join(dataDir, 'secret-key')).mode & 0o777).to.equal(0o600);
    expect(statSync(dataDir).mode & 0o077).to.equal(0);
  });

  it('is one for all who ask at once', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => resolveSecretKey(null, dataDir)));
    expect(new Set(keys)).to.have.lengthOf(1);
    expect(readdirSync(dataDir)).to.deep.equal(['secret-key']);
  });

  it('is closed to others again when its modes were lost', async () => {
    const key = await resolveSecretKey(null, dataDir);
    chmodSync(join(dataDir, 'secret-key'), 0o644);
    expect(await resolveSecretKey(null, dataDir)).to.equal(key);
    expect(statSync(join(dataDir, 'secret-key')).mode & 0o777).to.equal(0o600);
  });

  it('is not replaced silently when its file is damaged', async () => {
    await resolveSecretKey(null, dataDir);
    writeFileSync(join(dataDir, 'secret-key'), 'cut');
    const refusal = await resolveSecretKey(null, dataDir).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(Error).with.property('message').that.contains('damaged');
    expect(readFileSync(join(dataDir, 'secret-key'), 'utf8')).to.equal('cut');
  });
});
