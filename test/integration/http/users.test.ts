import { expect } from 'chai';
import type { TokenResource, UserResource } from '../../../src/protocol/resources.js';
import { PASSWORD } from '../../helpers/client.js';
import { startWorld, type World } from './world.js';

describe('users', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.app.stop());

  let count = 0;
  /** An account that is new but for what a test sets. */
  function account(set: Record<string, unknown> = {}): Record<string, unknown> {
    count += 1;
    return { username: `fresh_${count}`, email: `fresh_${count}@example.org`, password: PASSWORD, ...set };
  }
  const register = (set: Record<string, unknown> = {}) =>
    world.client.call<UserResource & TokenResource>('POST', '/users/register', { json: account(set) });
  const login = (username: string, password: string) =>
    world.client.call<TokenResource>('POST', '/users/login', { json: { username, password } });

  it('updates what is given and leaves the rest, by PUT and PATCH alike', async () => {
    const user = await world.client.registerUser('updated');
    const as = world.client.as(user);
    let current = user.email;
    for (const method of ['put', 'patch'] as const) {
      expect((await as[method]('/users/me', { full_name: `By ${method}` })).body).to.include({
        full_name: `By ${method}`,
        email: current,
      });
      const email = `${method}_${user.email}`;
      current = email;
      expect((await as[method]('/users/me', { email })).body).to.include({ full_name: `By ${method}`, email });
      expect((await as[method]('/users/me', {})).body).to.include({ full_name: `By ${method}`, email });
      expect((await as[method]('/users/me', { full_name: null })).body).to.include({ full_name: null, email });
    }
    const taken = await as.put('/users/me', { email: world.bob.email });
    expect(taken.body).to.include({ status: 400, code: 'email_taken', detail: 'Email already registered' });
    expect((await as.put('/users/me', { email: `put_${user.email}` })).status).to.equal(200);
    expect((await login(`patch_${user.email}`, user.password)).status).to.equal(401);
  });

  it('shows an e-mail address to its owner only', async () => {
    const { client, alice, bob, group } = world;
    expect((await client.as(alice).get(`/users/${alice.id}`)).body).to.have.property('email', alice.email);
    expect((await client.as(alice).get(`/users/${bob.id}`)).body).not.to.have.property('email');
    const chat = await client.as(alice).get<{ participants: UserResource[] }>(`/chats/${group.id}`);
    const shown = chat.body.participants.filter((user) => 'email' in user).map((user) => user.id);
    expect(shown).to.deep.equal([alice.id]);
    const found = await client.as(alice).get<UserResource[]>(`/users/search?q=${bob.username}`);
    expect(found.body).to.have.length(1);
    expect(found.text).not.to.contain('@');
  });

  it('finds users by parts of their names, up to a limit', async () => {
    const { client, alice } = world;
    await client.registerUsers(12, 'findme');
    const find = (query: string) => client.as(alice).get<UserResource[]>(`/users/search?${query}`);
    expect((await find('q=findme')).body).to.have.length(10);
    expect((await find('q=FINDme&limit=50')).body).to.have.length(12);
    expect((await find('q=findme&limit=3')).body).to.have.length(3);
    for (const query of ['', 'q=', 'q=a', 'q=%F0%9F%98%80']) {
      const answer = await find(query);
      expect(answer.body).to.include({ status: 400, code: 'query_too_short' });
      expect(answer.body).to.include({ detail: 'Search query must be at least 2 characters long' });
    }
    for (const query of [
      'q=findme&limit=51',
      'q=findme&limit=0',
      'q=findme&q=x',
      `q=${'a'.repeat(101)}`,
      'q[]=findme',
    ]) {
      expect((await find(query)).status).to.equal(422);
    }
  });

  it('takes every character of a search literally', async () => {
    const names = ['50% off', 'a%b_c', 'back\\', "O'Hara", 'smile 😀 face', 'Renée', 'a_b', 'axb'];
    for (const full_name of names) expect((await register({ full_name })).status).to.equal(201);
    const find = async (text: string): Promise<(string | null)[]> => {
      const path = `/users/search?limit=50&q=${encodeURIComponent(text)}`;
      return (await world.client.as(world.alice).get<UserResource[]>(path)).body.map((user) => user.full_name).sort();
    };
    expect(await find('%%')).to.deep.equal([]);
    expect(await find('%%%')).to.deep.equal([]);
    expect(await find('%'.repeat(64))).to.deep.equal([]);
    expect(await find('__')).to.deep.equal([]);
    expect(await find('0%')).to.deep.equal(['50% off']);
    expect(await find('a%b')).to.deep.equal(['a%b_c']);
    expect(await find('a_b')).to.deep.equal(['a_b']);
    expect(await find('k\\')).to.deep.equal(['back\\']);
    expect(await find("o'h")).to.deep.equal(["O'Hara"]);
    expect(await find('😀 f')).to.deep.equal(['smile 😀 face']);
    expect(await find('\\%')).to.deep.equal([]);
    expect(await find('";--')).to.deep.equal([]);
  });

  it('knows no user by a number that nobody has', async () => {
    const answer = await world.client.as(world.alice).get('/users/4000000000000000');
    expect(answer.body).to.include({ status: 404, code: 'user_not_found', detail: 'User not found' });
  });
});
