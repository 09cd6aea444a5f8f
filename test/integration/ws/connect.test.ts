import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { connect, dropSockets, type Closed } from '../../helpers/ws-client.js';
import { groupOf, people, type Person } from './fixtures.js';

describe('sockets: connecting', () => {
  let app: TestApp;
  let member: Person;
  let stranger: Person;
  let chatId: number;

  before(async () => {
    app = await startTestApp();
    [member, stranger] = (await people(app, 2)) as [Person, Person];
    chatId = await groupOf(app, [member]);
  });
  afterEach(dropSockets);
  after(() => app.stop());

  async function closeOf(path: string, headers: Record<string, string> = {}): Promise<Closed> {
    return (await connect(`${app.wsUrl}${path}`, { headers })).closed;
  }

  it('accepts the upgrade and closes with 4001 without a token or with a bad one', async () => {
    const refused = { code: 4001, reason: 'Authentication failed' };
    expect(await closeOf(`/${chatId}`)).to.deep.equal(refused);
    expect(await closeOf(`/${chatId}?token=`)).to.deep.equal(refused);
    expect(await closeOf(`/${chatId}?token=nonsense`)).to.deep.equal(refused);
    expect(await closeOf(`/${chatId}?token=${member.token}x`)).to.deep.equal(refused);
    expect(await closeOf(`/${chatId}?token=${member.token}&token=${member.token}`)).to.deep.equal(refused);
    expect(await closeOf(`/${chatId}`, { authorization: `Basic ${member.token}` })).to.deep.equal(refused);
    expect(await closeOf(`/${chatId}?token=${member.token}`, { authorization: 'Bearer other' })).to.deep.equal(refused);
  });

  it('an ill-formed query is a bad token', async () => {
    for (const query of ['token=%', 'token=%ff%fe', '%00=1', 'token=%zz&&&==']) {
      expect((await closeOf(`/${chatId}?${query}`)).code, query).to.equal(4001);
    }
  });

  it('closes with 4003, the same for a foreign chat as for none', async () => {
    const refused = { code: 4003, reason: 'Access denied to chat' };
    expect(await closeOf(`/${chatId}?token=${stranger.token}`)).to.deep.equal(refused);
    expect(await closeOf(`/999999?token=${stranger.token}`)).to.deep.equal(refused);
  });

  it('an id in any but its canonical form names no chat', async () => {
    const forms = ['0', '-1', '1.5', '1e0', `0x${chatId.toString(16)}`, `%20${chatId}`, `+${chatId}`, `0${chatId}`];
    const others = [`%EF%BC%91`, `${chatId}%00`, '9007199254740993', '9223372036854775808', '9'.repeat(40), 'stats'];
    for (const form of [...forms, ...others]) {
      expect((await closeOf(`/${form}?token=${member.token}`)).code, form).to.equal(4003);
      expect((await closeOf(`/${form}`)).code, form).to.equal(4001);
    }
  });

  it('serves the path with and without its trailing slash', async () => {
    for (const path of [`/${chatId}`, `/${chatId}/`]) {
      const client = await connect(`${app.wsUrl}${path}?token=${member.token}`);
      expect(await client.sync()).to.include({ type: 'pong' });
      await client.close();
    }
  });

  it('takes the token from the header', async () => {
    const client = await connect(`${app.wsUrl}/${chatId}`, { headers: { authorization: `Bearer ${member.token}` } });
    expect(await client.sync()).to.include({ type: 'pong' });
  });

  it('takes the token from the subprotocols and echoes only parley.v1', async () => {
    const protocols = ['parley.v1', `bearer.${member.token}`];
    const client = await connect(`${app.wsUrl}/${chatId}`, { protocols });
    expect(client.protocol).to.equal('parley.v1');
    expect(await client.sync()).to.include({ type: 'pong' });
  });

  it('upgrades no other path: HTTP answers it', async () => {
    for (const path of ['//', 'x', `/${chatId}/more`, `/${chatId}//`]) {
      const outcome = await connect(`${app.wsUrl}${path}?token=${member.token}`).then(
        () => 'upgraded',
        (error: unknown) => String(error),
      );
      expect(outcome, path).to.include('404');
    }
  });

  it('offers no compression', async () => {
    const client = await connect(`${app.wsUrl}/${chatId}?token=${member.token}`, { perMessageDeflate: true });
    expect(client.extensions).to.equal('');
  });

  it('sends nothing to a socket that is refused, and logs no token', async () => {
    const client = await connect(`${app.wsUrl}/${chatId}?token=${stranger.token}`);
    client.send({ type: 'message', content: 'let me in', id: 1 });
    await client.closed;
    expect(client.frames).to.deep.equal([]);
    const page = await app.services.messages.page(member, chatId, { page: 1, limit: 20 });
    expect(page.total).to.equal(0);
    for (const person of [member, stranger]) {
      expect(app.logs.filter((line) => line.includes(person.token))).to.deep.equal([]);
    }
  });
});
