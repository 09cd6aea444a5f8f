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
    expect(readEnvironment(directory)).to.deep.equal({
      env: { ...process.env },
      junk: [],
      surprises: [],
      fileNames: [],
    });
  });

  it('adds what .env says; a real variable wins', () => {
    const text = '# comment\nPATH=/from/file\nPARLEY_TEST_ONLY="quoted # not a comment"\n';
    writeFileSync(join(directory, '.env'), text);
    const { env, junk, fileNames } = readEnvironment(directory);
    expect(junk).to.deep.equal([]);
    expect(fileNames).to.deep.equal(['PARLEY_TEST_ONLY']);
    expect(env['PATH']).to.equal(process.env['PATH']);
    expect(env['PARLEY_TEST_ONLY']).to.equal('quoted # not a comment');
    expect(process.env).not.to.have.property('PARLEY_TEST_ONLY');
  });

  it('leaves out lines that set nothing, loses no setting by them, and tells which they were', () => {
    const lines = [
      'PARLEY_A: 1',
      'PARLEY_B=2',
      '???',
      '  # comment',
      '',
      'export PARLEY_C=3',
      '=4',
      'PARLEY_D="five',
      'six=6',
      'se',
      'ven"',
    ];
    writeFileSync(join(directory, '.env'), [...lines, 'PARLEY_E="open', 'PARLEY_F=7', 'PARLEY_G'].join('\r\n'));
    const { env, junk } = readEnvironment(directory);
    expect(junk).to.deep.equal([1, 3, 7, 14]);
    const mine = Object.fromEntries(Object.entries(env).filter(([name]) => /^(PARLEY_[A-G]$|six)/.test(name)));
    expect(mine).to.deep.equal({
      PARLEY_B: '2',
      PARLEY_C: '3',
      PARLEY_D: 'five\nsix=6\nse\nven',
      PARLEY_E: '"open',
      PARLEY_F: '7',
    });
  });

  it('knows the first name of a file that begins with a byte order mark', () => {
    writeFileSync(join(directory, '.env'), '\uFEFFPARLEY_A=1\nPARLEY_B=2');
    const { env, junk } = readEnvironment(directory);
    expect(junk).to.deep.equal([]);
    expect(env).to.include({ PARLEY_A: '1', PARLEY_B: '2' });
  });

  it('does not pass over a .env that it cannot read', () => {
    mkdirSync(join(directory, '.env'));
    expect(() => readEnvironment(directory)).to.throw('.env is a directory');
  });
});
