import { expect } from 'chai';
import { LogBudget } from '../../../src/http/log-budget.js';
import { until } from '../../edge/support/edge.js';

describe('LogBudget', () => {
  let now = 0;
  const told: { readonly facts: object; readonly message: string }[] = [];
  const silent = (): undefined => undefined;
  const logger = {
    debug: silent,
    info: silent,
    error: silent,
    warn: (facts: object, message: string) => told.push({ facts, message }),
  };
  const budgetOf = (): LogBudget => new LogBudget({ logger, clock: { now: () => now, monotonic: () => now } }, 10);
  const count = (budget: LogBudget, addresses: readonly string[]): number =>
    addresses.filter((address) => budget.allows(address)).length;
  const times = (number: number, address: string): string[] => Array.from({ length: number }, () => address);

  beforeEach(() => {
    now = 0;
    told.length = 0;
  });

  it('lets a burst through, then so many a second, and tells how many lines it left out', async () => {
    const budget = budgetOf();
    expect(count(budget, times(5_000, '192.0.2.1'))).to.equal(1_000);
    now += 2_000;
    expect(count(budget, times(5_000, '192.0.2.1'))).to.equal(100);
    await until(() => told.length > 0, 'the count');
    expect(told).to.deep.equal([
      { facts: { leftOut: 8_900 }, message: 'some requests are left out of the log: their addresses make too many' },
    ]);
    now += 3_600_000;
    expect(count(budget, times(5_000, '192.0.2.1')), 'no more than a burst is ever saved up').to.equal(1_000);
  });

  it('leaves nothing out for others, and takes a /64 for one', () => {
    const budget = budgetOf();
    count(budget, times(5_000, '192.0.2.1'));
    expect(budget.allows('192.0.2.2')).to.equal(true);
    const site = Array.from({ length: 3_000 }, (_, at) => `2001:db8::${at.toString(16)}`);
    expect(count(budget, site)).to.equal(1_000);
    expect(budget.allows('2001:db8:0:1::1')).to.equal(true);
  });

  it('keeps no more than a bounded number of addresses', () => {
    const budget = budgetOf();
    const many = Array.from({ length: 30_000 }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);
    expect(count(budget, many), 'ten thousand of their own, the rest together').to.equal(11_000);
    now += 60_000;
    expect(budget.allows('192.0.2.9'), 'who has been quiet is forgotten').to.equal(true);
  });
});
