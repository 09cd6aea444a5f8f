import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

describe('docs/adr', () => {
  const files = readdirSync('docs/adr').sort();

  it('numbers its records from 1 without a gap or a repeat', () => {
    expect(files.map((file) => Number(file.slice(0, 4)))).to.deep.equal(files.map((_, index) => index + 1));
  });

  it('names each record as its heading does, with a status', () => {
    for (const file of files) {
      const text = readFileSync(`docs/adr/${file}`, 'utf8');
      expect(text, file).to.match(new RegExp(`^# ${Number(file.slice(0, 4))}\\. `));
      expect(text, file).to.match(/^Status: \w+/m);
    }
  });
});
