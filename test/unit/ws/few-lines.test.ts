import { expect } from 'chai';
import { FewLines } from '../../../src/ws/socket/few-lines.js';
import { MemoryLogger } from './fakes.js';

describe('FewLines', () => {
  it('writes the first failures of a socket and says that it stops', () => {
    const logger = new MemoryLogger();
    const lines = new FewLines(logger);
    for (let count = 0; count < 1_000; count += 1) {
      if (count % 2 === 0) lines.error({ count }, 'a command failed');
      else lines.warn({ count }, 'a chat could not be joined');
    }
    expect(logger.at('error')).to.have.length(5);
    expect(logger.at('warn')).to.have.length(6);
    expect(logger.lines.at(-1)).to.deep.equal({
      level: 'warn',
      facts: { lines: 10 },
      message: 'further failures of this socket are not logged',
    });
  });
});
