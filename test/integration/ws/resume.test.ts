import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { connect, dropSockets, type Frame, type SocketClient } from '../../helpers/ws-client.js';
import { contentOf, durable, groupOf, live, people, rest, type Person } from './fixtures.js';

const LIMIT = 5;

describe('sockets: reading on', () => {
  let app: TestApp;
  let ada: Person;
  let ben: Person;
  let chatId: number;
  let epoch: string;

  before(async () => {
    app = await startTestApp({ env: { RESUME_MAX_ITEMS: String(LIMIT) } });
    [ada, ben] = (await people(app, 2)) as [Person, Person];
    epoch = app.services.realtime.epoch;
  });
  beforeEach(async () => {
    chatId = await groupOf(app, [ada, ben]);
  });
  afterEach(dropSockets);
  after(() => app.stop());

  /** The group takes rev 1; each of these the next. */
  async function say(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const message = {
        chatId,
        content: `text ${index + 1}`,
        messageType: 'text' as const,
        clientMessageId: `c-${index}`,
      };
      await app.services.messages.send(ben, message);
    }
  }

  const open = (query: string, person: Person = ada): Promise<SocketClient> =>
    connect(`${app.wsUrl}/${chatId}?token=${person.token}${query}`);

  const revs = (client: SocketClient): unknown[] => durable(client).map((frame) => frame['rev']);

  describe('since a rev, by the address and by command', () => {
    const SENT = 7;
    const rev = SENT + 1;
    const table: readonly { name: string; since: number; epoch?: string; reason?: string; first?: number }[] = [
      { name: 'n: nothing was missed', since: rev, first: rev + 1 },
      { name: 'one event', since: rev - 1, first: rev },
      { name: 'limit - 1', since: rev - LIMIT + 1, first: rev - LIMIT + 2 },
      { name: 'limit', since: rev - LIMIT, first: rev - LIMIT + 1 },
      { name: 'limit + 1', since: rev - LIMIT - 1, reason: 'too_large' },
      { name: 'zero', since: 0, reason: 'too_large' },
      { name: 'n + 1', since: rev + 1, reason: 'future_rev' },
      { name: 'far in the future', since: Number.MAX_SAFE_INTEGER, reason: 'future_rev' },
      { name: 'another epoch', since: rev, epoch: 'of-a-backup', reason: 'other_epoch' },
    ];

    async function judge(client: SocketClient, row: (typeof table)[number], end: Frame): Promise<void> {
      if (row.reason !== undefined) {
        expect(end).to.include({ type: 'resync_required', reason: row.reason, rev, chat_id: chatId, epoch });
        expect(revs(client)).to.deep.equal([]);
      } else {
        const missed = Array.from({ length: rev - row.since }, (_, index) => row.since + 1 + index);
        expect(end).to.include({ type: 'ready', rev, chat_id: chatId, epoch, last_seq: SENT, unread_count: SENT });
        expect(end['reads']).to.deep.equal([
          { user_id: ada.userId, last_read_seq: 0 },
          { user_id: ben.userId, last_read_seq: SENT },
        ]);
        expect(revs(client)).to.deep.equal(missed);
        expect(client.frames.indexOf(end)).to.equal(client.frames.length - 1);
      }
      await app.services.messages.send(ben, { chatId, content: 'live', messageType: 'text', clientMessageId: null });
      await client.next((frame) => contentOf(frame) === 'live');
      expect(revs(client).at(-1)).to.equal(rev + 1);
      await client.close();
    }

    const ended = (client: SocketClient): Promise<Frame> =>
      client.next(({ type }) => type === 'ready' || type === 'resync_required');

    for (const row of table) {
      const { since } = row;
      it(row.name, async () => {
        await say(SENT);
        const client = await open(`&since_rev=${since}&epoch=${row.epoch ?? epoch}`);
        const end = await ended(client);
        expect(end).not.to.have.property('id');
        await judge(client, row, end);
      });

      it(`${row.name}, by command`, async () => {
        await say(SENT);
        const client = await live(app, chatId, ada);
        client.send({ type: 'resume', since_rev: since, epoch: row.epoch ?? epoch, id: 'r' });
        const end = await ended(client);
        expect(end).to.include({ id: 'r' });
        await judge(client, row, end);
      });
    }

    it('refuses what cannot be a rev: 4400 for the address, an error for a command', async () => {
      for (const query of [
        '&since_rev=-1',
        '&since_rev=',
        '&since_rev=1.5',
        '&since_rev=x',
        '&since_rev=1&since_rev=1',
      ]) {
        const closed = await (await open(query)).closed;
        expect(closed, query).to.deep.equal({ code: 4400, reason: 'Malformed since_rev or epoch' });
      }
      const client = await live(app, chatId, ada);
      for (const since_rev of [-1, 1.5, '1', null, undefined]) {
        client.send({ type: 'resume', since_rev, id: 'r' });
        expect(await client.nextOf('error')).to.include({ code: 'validation_failed', id: 'r' });
      }
      client.send({ type: 'resume', chats: { [chatId]: 1 }, id: 'r' });
      expect(await client.nextOf('error')).to.include({ code: 'validation_failed', id: 'r' });
    });

    it('tells who is not in the chat nothing: 4001 and 4003 come first', async () => {
      const [stranger] = (await people(app, 1)) as [Person];
      expect((await (await open('&since_rev=0', stranger)).closed).code).to.equal(4003);
      const client = await connect(`${app.wsUrl}/${chatId}?token=wrong&since_rev=-1`);
      expect((await client.closed).code).to.equal(4001);
    });
  });

  it('sends what changed as it is now: new messages by seq, then edits and deletions; one’s own ids to their sender', async () => {
    await say(3);
    const { body: page } = await rest(app, ben, 'GET', `/messages/chat/${chatId}?limit=3`);
    const [third, second] = page['items'] as readonly [Frame, Frame];
    await rest(app, ben, 'PUT', `/messages/${String(second['id'])}`, { content: 'SECOND' });
    await rest(app, ben, 'DELETE', `/messages/${String(third['id'])}`);
    const told = async (person: Person): Promise<unknown[]> => {
      const client = await open('&since_rev=2', person);
      await client.nextOf('ready');
      return durable(client).map((frame) => {
        const message = frame['message'] as Frame | undefined;
        return [frame['type'], message?.['seq'] ?? frame['seq'], contentOf(frame), message?.['client_message_id']];
      });
    };
    expect(await told(ada)).to.deep.equal([
      ['new_message', 2, 'SECOND', undefined],
      ['message_deleted', 3, undefined, undefined],
    ]);
    expect(await told(ben)).to.deep.equal([
      ['new_message', 2, 'SECOND', 'c-1'],
      ['message_deleted', 3, undefined, undefined],
    ]);
  });

  it('resumes twice with nothing between', async () => {
    await say(2);
    const client = await open('&since_rev=1');
    await client.nextOf('ready');
    for (const id of ['a', 'b']) {
      client.send({ type: 'resume', since_rev: 3, id });
      expect(await client.nextOf('ready')).to.include({ id, rev: 3 });
    }
    expect(revs(client)).to.deep.equal([2, 3]);
  });
});
