import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { gatheringStream } from '../../../src/telemetry/gathering-stream.js';
import { waitUntil } from '../../helpers/servers/wait-until.js';

describe('lines of a log', () => {
  function collect(): { writes: string[]; stream: ReturnType<typeof gatheringStream> } {
    const writes: string[] = [];
    return { writes, stream: gatheringStream({ write: (text) => void writes.push(text) }) };
  }
  /** Until everything up to and with this line is written. */
  function written(writes: readonly string[], line: string): Promise<void> {
    const look = (): Promise<void> =>
      writes.join('').endsWith(line) ? Promise.resolve() : Promise.reject(new Error(`${writes.length} writes`));
    return waitUntil(look, { what: `the write of ${line}`, deadlineMs: 5_000 });
  }

  it('are written together, in order, at the end of the turn', async () => {
    const { writes, stream } = collect();
    stream.write('one\n');
    stream.write('two\n');
    expect(writes).to.deep.equal([]);
    await nextTurn();
    expect(writes).to.deep.equal(['one\ntwo\n']);
  });

  it('are written together, in order, where they follow a write', async () => {
    const { writes, stream } = collect();
    stream.write('one\n');
    await nextTurn();
    stream.write('two\n');
    stream.write('three\n');
    await written(writes, 'three\n');
    expect(writes).to.deep.equal(['one\n', 'two\nthree\n']);
  });

  it('are all written, each once, however they come', async () => {
    const { writes, stream } = collect();
    const lines = Array.from({ length: 300 }, (_, index) => `${index}\n`);
    for (const [index, line] of lines.entries()) {
      stream.write(line);
      if (index % 7 === 0) await nextTurn();
      if (index % 50 === 0) stream.flush();
      if (index % 99 === 0) await written(writes, line);
    }
    stream.write('last\n');
    await written(writes, 'last\n');
    expect(writes.join('')).to.equal(`${lines.join('')}last\n`);
    expect(writes.length).to.be.below(lines.length);
  });

  it('are written at once when asked, and not again', async () => {
    const { writes, stream } = collect();
    stream.write('one\n');
    stream.flush();
    expect(writes).to.deep.equal(['one\n']);
    stream.flush();
    await nextTurn();
    expect(writes).to.deep.equal(['one\n']);
    stream.write('two\n');
    await nextTurn();
    expect(writes).to.deep.equal(['one\n', 'two\n']);
  });

  it('are not held back without end', () => {
    const { writes, stream } = collect();
    const line = `${'x'.repeat(1_000)}\n`;
    for (let count = 0; count < 1_000; count += 1) stream.write(line);
    const total = writes.reduce((sum, text) => sum + text.length, 0);
    expect(total).to.be.above(900_000);
  });
});
