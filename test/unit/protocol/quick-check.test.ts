import { expect } from 'chai';
import fc from 'fast-check';
import { number, object, string, type Schema } from 'yup';
import { sendBody } from '../../../src/http/schemas/messages.js';
import { registerBody } from '../../../src/http/schemas/users.js';
import { flagField, idField, idListField, integerField, objectOf, textField } from '../../../src/protocol/fields.js';
import { quickCheck } from '../../../src/protocol/quick-check.js';
import { judge, validate } from '../../../src/protocol/validate.js';

const every = objectOf({
  id: idField(),
  content: textField().defined(),
  flag: flagField().optional(),
  note: textField().nullable(),
  count: integerField(0, 10),
});
const schemas: Readonly<Record<string, Schema>> = { every, sendBody, registerBody: registerBody(8) };
const lists = objectOf({ ids: idListField(3).optional(), content: textField() });

const key = fc.constantFrom(
  ...['id', 'content', 'flag', 'note', 'count', 'chat_id', 'client_message_id', 'message_type'],
  ...['username', 'email', 'full_name', 'password', 'ids', 'extra', '__proto__', 'toString'],
);
const value = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, '', 'text', 'a@b.example', '\ud800', ' ', 'a\0b', 0, -0, 1, 1.5, NaN),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.nat(11),
  fc.constantFrom('x'.repeat(10_000), '😀'.repeat(10_000), 'x'.repeat(10_001), '😀'.repeat(10_001)),
  fc.array(fc.nat(3), { maxLength: 4 }),
  fc.object({ key, maxDepth: 2 }),
);
/** Often right, so that both verdicts are met. */
const likely = fc.record(
  {
    ...{ id: fc.nat(2), chat_id: fc.nat(2), content: fc.string(), client_message_id: fc.string(), flag: fc.boolean() },
    ...{ note: fc.constantFrom(null, 'n'), count: fc.nat(11), message_type: fc.constantFrom('text', 'image') },
    ...{ username: fc.string(), email: fc.emailAddress(), password: fc.string({ minLength: 7 }) },
  },
  { requiredKeys: [] },
);
const anything = fc.oneof(likely, fc.dictionary(key, value), value);

describe('quickCheck', () => {
  for (const [name, schema] of Object.entries({ ...schemas, lists })) {
    it(`changes no verdict of ${name}`, () => {
      fc.assert(
        fc.property(anything, (given) => {
          expect(validate(schema, given)).to.deep.equal(judge(schema, given));
        }),
        { numRuns: 500 },
      );
    });

    it(`takes nothing that ${name} refuses when only its own keys are given`, () => {
      const keys = Object.keys((schema as Schema & { readonly fields: object }).fields);
      const own = fc.record(Object.fromEntries(keys.map((each) => [each, value])), { requiredKeys: [] });
      fc.assert(
        fc.property(own, (given) => {
          expect(validate(schema, given)).to.deep.equal(judge(schema, given));
        }),
        { numRuns: 500 },
      );
    });
  }

  it('is sure of what clients send', () => {
    const check = quickCheck(sendBody);
    expect(check({ chat_id: 1, content: 'hello' })).to.equal(true);
    expect(check({ chat_id: 1, content: 'hello', message_type: 'text', client_message_id: 'a' })).to.equal(true);
    expect(quickCheck(every)({ id: 1, content: '', note: null, flag: false, count: 10 })).to.equal(true);
  });

  it('is unsure of values that are no plain objects', () => {
    const check = quickCheck(objectOf({ note: textField() }));
    expect(check({})).to.equal(true);
    for (const odd of [null, undefined, 1, '', [], new Date(), () => 1, Object.create({ note: 'x' })]) {
      expect(check(odd)).to.equal(false);
    }
  });

  it('is unsure of every schema with rules that it does not know', () => {
    const text = textField();
    const unknown: Readonly<Record<string, Schema>> = {
      'a list': objectOf({ ids: idListField(3).optional() }),
      'an object within': objectOf({ inner: objectOf({ text }).notRequired() }),
      'a rule of yup': objectOf({ text: string().strict(true).min(0) }),
      'a choice': objectOf({ text: string().strict(true).oneOf([undefined, 'a']) }),
      'a condition': objectOf({ text: text.when('other', (_other, field) => field), other: text }),
      'a rule that looks around': objectOf({ text: text.test('x', 'x', (_text, context) => context.path !== 'no') }),
      'a rule for the whole': objectOf({ text }).test('x', 'x', () => true),
      'unknown keys': object({ text }).strict(true),
      coercion: object({ count: number() }).noUnknown(),
      'no object': number().strict(true),
    };
    for (const [name, schema] of Object.entries(unknown)) expect(quickCheck(schema)({}), name).to.equal(false);
  });
});
