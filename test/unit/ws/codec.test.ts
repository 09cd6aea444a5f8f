import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import { parseFrame } from '../../../src/ws/codec.js';

function codeOf(data: Uint8Array | string, binary = false): string {
  try {
    parseFrame(typeof data === 'string' ? Buffer.from(data) : data, binary);
    return 'accepted';
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

describe('codec', () => {
  it('reads an object, also from the middle of a larger buffer', () => {
    const buffer = Buffer.from('xx{"type":"ping","id":"é𝄞"}xx');
    expect(parseFrame(buffer.subarray(2, buffer.length - 2), false)).to.deep.equal({ type: 'ping', id: 'é𝄞' });
  });

  const broken: Record<string, Uint8Array | string> = {
    nothing: '',
    'not JSON': '{type:1}',
    'half a frame': '{"type":',
    'a list': '[]',
    'a string': '"message"',
    'a number': '5',
    null: 'null',
    true: 'true',
    'a byte order mark': '\uFEFF{}',
    'ill-formed UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    'a surrogate in UTF-8': Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
    'nesting of 9': `{"a":${'['.repeat(8)}${']'.repeat(8)}}`,
    'nesting of 50,000': '['.repeat(50_000),
    'a key named twice': '{"type":"ping","type":"message"}',
    NaN: '{"id":NaN}',
  };
  for (const [name, data] of Object.entries(broken)) {
    it(`refuses ${name}`, () => expect(codeOf(data)).to.equal('invalid_json'));
  }

  it('refuses a binary frame, whatever is in it', () => {
    expect(codeOf('{"type":"ping"}', true)).to.equal('invalid_json');
    expect(codeOf('{"type":"ping"}', false)).to.equal('accepted');
  });
});
