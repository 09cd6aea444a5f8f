import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { CLOSE_CODES } from '../../src/protocol/close-codes.js';
import { ERROR_CODES } from '../../src/protocol/error-codes.js';
import { sourceFiles } from './source-files.js';

const page = readFileSync('docs/PROTOCOL.md', 'utf8');

/** Cells of all table rows whose first cell matches. */
function rowsWith(first: RegExp): string[][] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([cell = '']) => first.test(cell));
}

/** How sources write the code of a field problem: as an object of it, as the name of a rule, in an error of a list's entry. */
const FIELD_CODE = [
  /\bcode: '([a-z_]+)',\s*message\b/g,
  /\.test\(\s*'([a-z_]+)'/g,
  /\bwithRule\(\s*[^']*?,\s*'([a-z_]+)'/g,
  /\bnew ValidationError\([^)]*'([a-z_]+)'\)/g,
];
/** Only holds the problems of a list's entries together, and is never told. */
const OF_ENTRIES = 'entries';

function fieldCodes(): readonly string[] {
  return sourceFiles('src')
    .flatMap(({ text }) => FIELD_CODE.flatMap((pattern) => Array.from(text.matchAll(pattern), ([, code = '']) => code)))
    .filter((code) => code !== OF_ENTRIES);
}

describe('docs/PROTOCOL.md', () => {
  it('lists every error code once, with its status and whether to retry', () => {
    const rows = rowsWith(/^`[a-z_]+`$/).filter(([, status = '']) => /^[45]\d\d$/.test(status));
    const documented = rows.map(([code = '', status, retry]) => [code.slice(1, -1), status, retry]);
    const registered = Object.entries(ERROR_CODES).map(([code, { status, retryable }]) => {
      return [code, String(status), retryable ? 'yes' : 'no'];
    });
    expect(documented).to.have.deep.members(registered);
  });

  it('lists every code of a field problem once', () => {
    const [, table = ''] = /^\| `errors\[\]\.code`.*\n([^]*?)^$/m.exec(page) ?? [];
    const documented = Array.from(table.matchAll(/^\| `([a-z_]+)`/gm), ([, code = '']) => code);
    const written = new Set(fieldCodes());
    expect(written.size).to.be.above(15);
    expect(documented).to.have.members([...written]);
  });

  it('lists every close code once, with its name and whether to reconnect', () => {
    const rows = rowsWith(/^(1|4)\d{3}$/);
    const documented = rows.map(([code, name, , reconnect]) => [code, name, reconnect]);
    const registered = Object.entries(CLOSE_CODES).map(([name, { code, reconnect }]) => {
      return [String(code), `\`${name}\``, reconnect ? 'yes' : 'no'];
    });
    expect(documented).to.have.deep.members(registered);
  });
});

describe('the registries', () => {
  it('close codes are unique and in the ranges of RFC 6455', () => {
    const codes = Object.values(CLOSE_CODES).map(({ code }) => code);
    expect(new Set(codes)).to.have.lengthOf(codes.length);
    for (const code of codes)
      expect(code === 1000 || (code >= 1007 && code <= 1014) || (code >= 4000 && code < 5000)).to.equal(true);
    for (const { reason } of Object.values(CLOSE_CODES)) expect(Buffer.byteLength(reason)).to.be.at.most(123);
  });

  it('error codes are written once, have a sentence, and only what may pass is retryable', () => {
    const source = readFileSync('src/protocol/error-codes.ts', 'utf8');
    for (const [code, { status, title, detail, retryable }] of Object.entries(ERROR_CODES)) {
      expect(source.match(new RegExp(`^  ${code}: info\\(`, 'gm')), code).to.have.lengthOf(1);
      expect(status, code).to.be.within(400, 599);
      expect(title, code).to.match(/^[A-Z]/);
      expect(detail, code).to.match(/^[A-Z].*[^.]$/);
      expect(retryable, code).to.equal([408, 429, 503].includes(status));
    }
  });
});
