import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEnvironment } from '../../../src/config/env.js';

describe('environment', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'parley-env-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is the process environment where there is no .env', () => {
    expect(readEnvironment(directory)).to.deep.equal({ ...process.env });
  });

  it('adds what .env says; a real variable wins', () => {
    const text = '# comment\nPATH=/from/file\nPARLEY_TEST_ONLY="quoted # not a comment"\n';
    writeFileSync(join(directory, '.env'), text);
    const env = readEnvironment(directory);
    expect(env['PATH']).to.equal(process.env['PATH']);
    expect(env['PARLEY_TEST_ONLY']).to.equal('quoted # not a comment');
    expect(process.env).not.to.have.property('PARLEY_TEST_ONLY');
  });

  it('does not pass over a .env that it cannot read', () => {
    mkdirSync(join(directory, '.env'));
    expect(() => readEnvironment(directory)).to.throw();
  });
});
