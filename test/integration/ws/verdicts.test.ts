import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { connect, dropSockets } from '../../helpers/ws-client.js';
import { groupOf, live, people, rest, type Person } from './fixtures.js';

/** What one send is about; `chat_id` and the transport's own keys are added by the test. */
const SENDS: Record<string, object> = {
  'a plain message': { content: 'hello' },
  'no content': {},
  'empty content': { content: '' },
  'blank content': { content: ' \u200b ' },
  'content of NUL': { content: '\0' },
  'content that is too long': { content: 'x'.repeat(10_001) },
  'astral content of the limit': { content: '𝄞'.repeat(10_000) },
  'content of the wrong type': { content: 5 },
  'null content': { content: null },
  'an operator as content': { content: { $gt: '' } },
  'an unpaired surrogate': { content: 'a\ud800' },
  'an empty client_message_id': { content: 'x', client_message_id: '' },
  'a client_message_id of 64': { content: 'x', client_message_id: 'y'.repeat(64) },
  'a client_message_id that is too long': { content: 'x', client_message_id: 'y'.repeat(65) },
  'a client_message_id of the wrong type': { content: 'x', client_message_id: 7 },
  'a client_message_id that is null': { content: 'x', client_message_id: null },
  'a sender': { content: 'x', sender_id: 1 },
  'a seq': { content: 'x', seq: 1 },
  'an unknown key': { content: 'x', extra: true },
};

describe('sockets and REST give the same verdict', () => {
  let app: TestApp;
  let ada: Person;
  let ben: Person;
  let stranger: Person;
  /** Two chats in the same state: what a client_message_id did in one has no effect in the other. */
  let byRest: number;
  let bySocket: number;

  before(async () => {
    app = await startTestApp();
    [ada, ben, stranger] = (await people(app, 3)) as [Person, Person, Person];
    byRest = await groupOf(app, [ada, ben]);
    bySocket = await groupOf(app, [ada, ben]);
  });
  afterEach(dropSockets);
  after(() => app.stop());

  async function restVerdict(person: Person, body: object): Promise<unknown> {
    const answer = await rest(app, person, 'POST', '/messages/', { chat_id: byRest, ...body });
    return answer.status < 300 ? (answer.body['duplicate'] ?? false) : answer.body['code'];
  }

  async function socketVerdict(person: Person, body: object): Promise<unknown> {
    const client = await live(app, bySocket, person);
    client.send({ type: 'message', chat_id: bySocket, ...body, id: 'it' });
    const reply = await client.next((frame) => frame['id'] === 'it');
    return reply['type'] === 'ack' ? reply['duplicate'] : reply['code'];
  }

  for (const [name, body] of Object.entries(SENDS)) {
    it(`a send with ${name}`, async () => {
      expect(await socketVerdict(ada, body)).to.equal(await restVerdict(ada, body));
    });
  }

  it('a repeated send, and the same id with other content', async () => {
    const first = { content: 'once', client_message_id: 'repeat' };
    for (const [person, body] of [
      [ada, first],
      [ada, first],
      [ada, { ...first, content: 'twice' }],
      [ben, first],
    ] as const) {
      expect(await socketVerdict(person, body)).to.equal(await restVerdict(person, body));
    }
  });

  it('a stranger: 404 there, 4003 here', async () => {
    expect(await restVerdict(stranger, { content: 'x' })).to.equal('chat_not_found');
    const client = await connect(`${app.wsUrl}/${bySocket}?token=${stranger.token}`);
    expect((await client.closed).code).to.equal(4003);
  });

  it('no or bad token: 401 there, 4001 here', async () => {
    const nobody = { ...ada, token: `${ada.token}x` };
    expect((await rest(app, nobody, 'GET', `/chats/${byRest}`)).status).to.equal(401);
    const client = await connect(`${app.wsUrl}/${bySocket}?token=${nobody.token}`);
    expect((await client.closed).code).to.equal(4001);
  });

  it('both wrote the same number of messages', async () => {
    const totals = await Promise.all(
      [byRest, bySocket].map(async (id) => (await app.services.messages.page(ada, id, { page: 1, limit: 1 })).total),
    );
    expect(totals[0]).to.equal(totals[1]).and.to.be.above(3);
  });
});
