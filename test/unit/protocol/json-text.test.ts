import { expect } from 'chai';
import fc from 'fast-check';
import { decodeUtf8, findJsonFault } from '../../../src/protocol/json-text.js';
import { LIMITS } from '../../../src/protocol/limits.js';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('findJsonFault', () => {
  it('allows nesting up to the limit and no more', () => {
    expect(findJsonFault(nested(LIMITS.jsonDepth))).to.equal(null);
    expect(findJsonFault(nested(LIMITS.jsonDepth + 1))).to.equal('too_deep');
    expect(findJsonFault('{"a":'.repeat(LIMITS.jsonDepth + 1))).to.equal('too_deep');
  });

  it('does not count brackets within strings', () => {
    expect(findJsonFault(JSON.stringify({ a: nested(100), 'b[[[[[[[[[': '\\"[[[[[[[[[[' }))).to.equal(null);
  });

  it('finds a repeated key, however it is spelled', () => {
    expect(findJsonFault('{"a":1,"a":2}')).to.equal('repeated_key');
    expect(findJsonFault('{"a":1,"\\u0061" : 2}')).to.equal('repeated_key');
    expect(findJsonFault('{"a":{"b":[{"c":1,"d":2,"c":3}]}}')).to.equal('repeated_key');
  });

  it('lets objects next to and within each other use the same key', () => {
    expect(findJsonFault('{"a":{"a":[{"a":1},{"a":2}]},"b":"a"}')).to.equal(null);
  });

  it('allows a thousand keys and no more', () => {
    const keys = (count: number): string =>
      JSON.stringify(Object.fromEntries(Array.from(Array(count).keys(), (i) => [`k${i}`, i])));
    expect(findJsonFault(keys(1_000))).to.equal(null);
    expect(findJsonFault(keys(1_001))).to.equal('too_many_keys');
  });

  it('finds nothing wrong with JSON that an encoder wrote, within the limits', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: LIMITS.jsonDepth - 1, noUnicodeString: false }), (text) => {
        expect(findJsonFault(text)).to.equal(null);
      }),
    );
  });

  it('survives any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'a', ' ') }), (text) => {
        expect(findJsonFault(text)).to.be.oneOf([null, 'too_deep', 'repeated_key']);
      }),
    );
  });
});

describe('decodeUtf8', () => {
  const refused: Record<string, number[]> = {
    'a lone continuation byte': [0x22, 0x80, 0x22],
    'an overlong form': [0xc0, 0xaf],
    'a surrogate': [0xed, 0xa0, 0x80],
    'a cut sequence': [0x22, 0xf0, 0x9f, 0x98],
    'beyond U+10FFFF': [0xf4, 0x90, 0x80, 0x80],
    'UTF-16 with its mark': [0xff, 0xfe, 0x7b, 0x00],
    'a byte order mark': [0xef, 0xbb, 0xbf, 0x7b, 0x7d],
  };
  for (const [name, bytes] of Object.entries(refused)) {
    it(`refuses ${name}`, () => {
      expect(decodeUtf8(Uint8Array.from(bytes))).to.equal(null);
    });
  }

  it('answers the text of well-formed bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.startsWith('\uFEFF'));
        expect(decodeUtf8(Buffer.from(text))).to.equal(text);
      }),
    );
  });
});
