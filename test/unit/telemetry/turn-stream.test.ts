import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { turnStream } from '../../../src/telemetry/turn-stream.js';

describe('lines of one turn', () => {
  function collect(): { writes: string[]; stream: ReturnType<typeof turnStream> } {
    const writes: string[] = [];
    return { writes, stream: turnStream({ write: (text) => void writes.push(text) }) };
  }

  it('are written together, in order, at the end of the turn', async () => {
    const { writes, stream } = collect();
    stream.write('one\n');
    stream.write('two\n');
    expect(writes).to.deep.equal([]);
    await nextTurn();
    expect(writes).to.deep.equal(['one\ntwo\n']);
    stream.write('three\n');
    await nextTurn();
    expect(writes).to.deep.equal(['one\ntwo\n', 'three\n']);
  });

  it('are written at once when asked, and not again', async () => {
    const { writes, stream } = collect();
    stream.write('one\n');
    stream.flush();
    expect(writes).to.deep.equal(['one\n']);
    stream.flush();
    await nextTurn();
    expect(writes).to.deep.equal(['one\n']);
  });

  it('are not held back without end', () => {
    const { writes, stream } = collect();
    const line = `${'x'.repeat(1_000)}\n`;
    for (let count = 0; count < 1_000; count += 1) stream.write(line);
    const written = writes.reduce((total, text) => total + text.length, 0);
    expect(written).to.be.above(900_000);
  });
});
