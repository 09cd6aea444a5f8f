import { expect } from 'chai';
import { LogOutlet } from '../../../src/telemetry/log-outlet.js';
import type { LogPort, Written } from '../../../src/telemetry/log-port.js';

/** A port whose answers the test gives. */
function scripted() {
  const given: string[] = [];
  const last: string[] = [];
  let answer: ((written: Written) => void) | null = null;
  const port: LogPort = {
    write(bytes, done) {
      given.push(Buffer.from(bytes).toString());
      answer = done;
    },
    writeLast(bytes) {
      last.push(Buffer.from(bytes).toString());
      return bytes.byteLength;
    },
  };
  return {
    port,
    given,
    last,
    answer: (written: Partial<Written> & { bytes: number }): void => {
      const done = answer;
      answer = null;
      if (done === null) throw new Error('nothing was given');
      done({ trouble: null, ...written });
    },
    isIdle: (): boolean => answer === null,
  };
}

describe('what waits for the reader of the log', () => {
  it('is given one piece at a time, whole and in order, what a piece left over first', () => {
    const { port, given, answer } = scripted();
    const outlet = new LogOutlet(port, () => undefined);
    outlet.write('one\n');
    outlet.write('two\n');
    outlet.write('three\n');
    expect(given).to.deep.equal(['one\n']);
    answer({ bytes: 4 });
    expect(given).to.deep.equal(['one\n', 'two\nthree\n']);
    answer({ bytes: 6 });
    expect(given.at(-1)).to.equal('ree\n');
  });

  it('is bounded: the newest lines are left out, counted, and told when writing goes on', () => {
    const { port, given, answer } = scripted();
    const losses: number[] = [];
    const outlet = new LogOutlet(port, (lost) => losses.push(lost), { maxBytes: 100 });
    outlet.write('under way\n');
    for (let count = 0; count < 1_000; count += 1) outlet.write('0123456789\n');
    outlet.write('much too long\n'.repeat(50));
    expect(outlet.lost).to.equal(1_000 - 9 + 50);
    expect(losses).to.deep.equal([]);
    answer({ bytes: 10 });
    expect(losses).to.deep.equal([1_041]);
    expect(outlet.lost).to.equal(0);
    expect(given.at(-1)).to.equal('0123456789\n'.repeat(9));
  });

  it('has room for the line that tells what is lost, and does not lose the count', () => {
    const { port, given, answer } = scripted();
    const outlet: LogOutlet = new LogOutlet(port, (lost) => outlet.write(`${lost} lost\n`), { maxBytes: 40 });
    outlet.write('under way\n');
    for (let count = 0; count < 10; count += 1) outlet.write('0123456789\n');
    answer({ bytes: 10 });
    answer({ bytes: 33 });
    expect(given).to.deep.equal(['under way\n', '0123456789\n'.repeat(3), '7 lost\n']);
  });

  it('is tried again where the device refuses, from the byte that it stopped at', async () => {
    const { port, given, answer, isIdle } = scripted();
    const outlet = new LogOutlet(port, () => undefined, { retryMs: 1, fullMs: 1 });
    outlet.write('one\n');
    for (const trouble of ['failed', 'full'] as const) {
      answer({ bytes: 1, trouble });
      expect(isIdle()).to.equal(true);
      const drained = outlet.drained(50);
      await drained;
      expect(isIdle()).to.equal(false);
    }
    expect(given).to.deep.equal(['one\n', 'ne\n', 'e\n']);
    const drained = outlet.drained(60_000);
    answer({ bytes: 2 });
    await drained;
  });

  it('is not waited for longer than asked', async () => {
    const { port } = scripted();
    const outlet = new LogOutlet(port, () => undefined);
    outlet.write('one\n');
    await outlet.drained(1);
  });

  it('is nothing once the reader is gone', async () => {
    const { port, given, answer } = scripted();
    const outlet = new LogOutlet(port, () => expect.fail('nobody can be told'));
    outlet.write('one\n');
    outlet.write('two\n');
    answer({ bytes: 0, trouble: 'closed' });
    outlet.write('three\n');
    expect(given).to.deep.equal(['one\n']);
    expect(outlet.lost).to.equal(3);
    await outlet.drained(60_000);
  });

  it('is written at the end of the process, unless a piece is under way', () => {
    const { port, last, answer } = scripted();
    const outlet = new LogOutlet(port, () => undefined, { retryMs: 60_000 });
    outlet.write('one\n');
    outlet.write('two\n');
    outlet.writeLast();
    expect(last).to.deep.equal([]);
    answer({ bytes: 0, trouble: 'failed' });
    outlet.writeLast();
    expect(last).to.deep.equal(['one\ntwo\n']);
  });
});
