import { expect } from 'chai';
import { edgeAnswer } from '../../../src/edge/answer.js';
import type { HttpContext } from '../../../src/http/context.js';
import { fixedHeaders } from '../../../src/http/middleware/fixed-headers.js';

describe('what every answer says', () => {
  it('is the same of answers that never reach the HTTP side: helmet, and nothing to be kept', async () => {
    const helmets = new Map<string, string>();
    const setHeader = (name: string, value: string): unknown => helmets.set(name.toLowerCase(), value);
    await fixedHeaders()({ res: { setHeader } } as unknown as HttpContext, () => Promise.resolve());
    const ours = new Map(edgeAnswer('bad_request').headers);
    ours.delete('content-type');
    expect(Object.fromEntries(ours)).to.deep.equal(Object.fromEntries(helmets));
    expect(helmets.size).to.be.above(4);
  });
});
