import bcrypt from 'bcrypt';
import { expect } from 'chai';
import { ourValue, shorten } from '../../../src/identity/stored-password.js';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { TestClient } from '../../helpers/client.js';

const NFC = 'caf\u00e9 \u00fcber \u1ea5lles';
const NFD = NFC.normalize('NFD');
/** As some keyboards send it: some characters composed, some not. */
const MIXED = `caf\u0065\u0301 \u00fcber \u1ea5lles`;
const FORMS = [NFC, NFD, MIXED];

describe('passwords in all forms of their characters', () => {
  let app: TestApp;
  let client: TestClient;
  before(async () => {
    app = await startTestApp();
    client = new TestClient(app.url);
  });
  after(() => app.stop());

  const login = async (username: string, password: string): Promise<number> =>
    (await client.call('POST', '/users/login', { json: { username, password } })).status;
  const stored = async (username: string): Promise<string | undefined> =>
    (await app.stores.users.findByLogin(username))?.hashedPassword;

  it('log in whichever was registered', async () => {
    expect(new Set(FORMS)).to.have.lengthOf(3);
    for (const [index, password] of FORMS.entries()) {
      const username = `form_${index}`;
      const json = { username, email: `${username}@example.org`, password };
      expect((await client.call('POST', '/users/register', { json })).status).to.equal(201);
      const value = await stored(username);
      for (const form of FORMS) expect(await login(username, form)).to.equal(200);
      expect(await login(username, NFC.replace('\u00e9', 'e'))).to.equal(401);
      expect(await stored(username), 'nothing to renew').to.equal(value);
    }
  });

  it('log in with values of before that were made of any of them, and renew those', async () => {
    for (const [index, old] of FORMS.entries()) {
      for (const [scheme, value] of [
        ['ours', ourValue(await bcrypt.hash(shorten(old), 4))],
        ['plain', await bcrypt.hash(old, 4)],
      ] as const) {
        const username = `old_${scheme}_${index}`;
        const email = `${username}@example.org`;
        await app.stores.users.create({ username, email, fullName: null, hashedPassword: value });
        expect(await login(username, `${old}!`), username).to.equal(401);
        expect(await stored(username)).to.equal(value);
        expect(await login(username, old), username).to.equal(200);
        expect((await stored(username)) === value, 'renewed').to.equal(scheme === 'ours' && old === NFC);
        for (const form of FORMS) expect(await login(username, form), username).to.equal(200);
      }
    }
    const username = 'old_other_keyboard';
    const hashedPassword = ourValue(await bcrypt.hash(shorten(NFD), 4));
    await app.stores.users.create({ username, email: 'k@example.org', fullName: null, hashedPassword });
    expect(await login(username, NFC), 'which never knew the form of before').to.equal(200);
  });

  it('are as long in one form as in the other', async () => {
    const composed = '\u1ea5'.repeat(1_024);
    const json = { username: 'long_one', email: 'long@example.org', password: composed };
    expect((await client.call('POST', '/users/register', { json })).status).to.equal(201);
    expect(await login('long_one', composed.normalize('NFD'))).to.equal(200);
    expect(await login('long_one', `${composed}x`.normalize('NFD'))).to.equal(422);
    const short = { username: 'short_one', email: 's@example.org', password: '\u1ea5'.repeat(7).normalize('NFD') };
    expect((await client.call('POST', '/users/register', { json: short })).status).to.equal(422);
  });
});
