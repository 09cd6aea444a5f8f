import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { PROBLEMS } from '../../src/services/integrity/verify/problems.js';

describe('what verify can find', () => {
  it('has its rows in docs/OPERATIONS.md, and nothing else has', () => {
    const page = readFileSync('docs/OPERATIONS.md', 'utf8');
    const table = /^\| finding [^]*?\n\n/m.exec(page)?.[0] ?? '';
    const findings = table
      .split('\n')
      .slice(2)
      .map((row) => row.split('|')[1] ?? '');
    const names = findings.flatMap((cell) => Array.from(cell.matchAll(/`(\w+)`/g), ([, name]) => name));
    expect(names).to.have.members(Object.keys(PROBLEMS));
  });
});
