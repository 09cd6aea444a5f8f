import { expect } from 'chai';
import { SETTING_NAMES } from '../../../src/config/names.js';
import type { RateSetting, RateSettings } from '../../../src/config/types.js';
import { parseSettings } from '../../../src/config/settings.js';
import { LIMITS } from '../../../src/protocol/limits.js';
import { rowsOf } from '../../docs/pages.js';

function ratesOf(env: Readonly<Record<string, string>>): RateSettings {
  const parsed = parseSettings(env);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings.rates;
}
function problemOf(name: string, value: string): string {
  const parsed = parseSettings({ [name]: value });
  if (parsed.ok) return 'none';
  expect(parsed.problems.map((problem) => problem.name)).to.deep.equal([name]);
  expect(JSON.stringify(parsed.problems)).not.to.contain('planted');
  return parsed.problems[0]?.problem ?? '';
}
const calls = (most: number, windowMs: number): RateSetting => ({ most, of: 'calls', windowMs });
const bytes = (most: number, windowMs: number): RateSetting => ({ most, of: 'bytes', windowMs });

describe('rates', () => {
  for (const page of ['docs/PROTOCOL.md', 'docs/OPERATIONS.md']) {
    it(`are listed in ${page} with their defaults`, () => {
      const rows = rowsOf(page).filter(([name = '']) => /^`RATE_[A-Z_]+`$/.test(name));
      const listed = Object.fromEntries(rows.map(([name = '', rate = '']) => [name.slice(1, -1), rate.slice(1, -1)]));
      expect(Object.keys(listed)).to.deep.equal(SETTING_NAMES.filter((name) => name.startsWith('RATE_')));
      expect(ratesOf(listed)).to.deep.equal(ratesOf({}));
    });
  }

  it('are calls, or bytes, in a time; several hold together', () => {
    const { send, edit, read } = ratesOf({
      RATE_SEND: '60/1m,10/1s , 2MB/1m',
      RATE_EDIT: '500kb/2h, 1GB/7d',
      RATE_READ: '1000/30S',
    });
    expect(send).to.deep.equal([calls(60, 60_000), calls(10, 1_000), bytes(2_000_000, 60_000)]);
    expect(edit).to.deep.equal([bytes(500_000, 7_200_000), bytes(1_000_000_000, 604_800_000)]);
    expect(read).to.deep.equal([calls(1_000, 30_000)]);
  });

  it('can be as strict as one, ten and three a minute', () => {
    const { send, read, edit } = ratesOf({ RATE_SEND: '1/1m', RATE_READ: '10/1m', RATE_EDIT: '3/1m' });
    expect([send, read, edit]).to.deep.equal([[calls(1, 60_000)], [calls(10, 60_000)], [calls(3, 60_000)]]);
  });

  it('are off with 0, and the default where nothing is set', () => {
    expect(ratesOf({ RATE_SEND: '0' }).send).to.deep.equal([]);
    expect(ratesOf({ RATE_SEND: '' })).to.deep.equal(ratesOf({}));
  });

  it('leave room for a person and a well-behaved client', () => {
    const rates = ratesOf({});
    for (const [work, limits] of Object.entries(rates)) {
      expect(limits, work).not.to.deep.equal([]);
      for (const { most, of, windowMs } of limits) {
        if (of === 'calls') expect(most, `${work}: 30 requests in one second`).to.be.at.least(30);
        if (of === 'calls' && work === 'send') expect(most, '60 messages a minute').to.be.at.least(windowMs / 1_000);
      }
    }
    expect(rates.changes[0]?.most, 'a hundred sockets that come back at once').to.be.above(100);
  });

  it('name the setting that is wrong, and never its value', () => {
    for (const wrong of [
      'planted',
      '60',
      '60/m',
      '1/1m, planted',
      '0/1m',
      '-1/1m',
      '1.5/1s',
      '1/0s',
      '1/8d',
      '1/1w',
      ',',
      '1/1m,',
      '1 /1m',
      '60/1m 10/1s',
      '10TB/1s',
      '0MB/1m',
      '0, 1/1s',
    ])
      expect(problemOf('RATE_SEND', wrong), wrong).to.match(/must be 0 \(off\) or limits such as 60\/1m, 10\/1s/);
    expect(problemOf('RATE_READ', '1MB/1m')).to.match(/must count calls/);
    expect(problemOf('RATE_CREATE_CHAT', '1MB/1m')).to.match(/must count calls/);
  });

  it('let the longest message through', () => {
    const longest = 4 * LIMITS.messageLength;
    expect(problemOf('RATE_SEND', '39KB/1m')).to.match(/must let 40KB through/);
    expect(ratesOf({ RATE_SEND: '40KB/1m' }).send[0]?.most).to.equal(longest);
  });
});
