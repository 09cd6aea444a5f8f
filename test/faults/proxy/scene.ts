import { settingsOf } from '../../helpers/app.js';
import type { TestUser } from '../../helpers/client.js';
import { figuresOf, heldBy, type Held } from '../held.js';
import { assertHistory } from '../history/checker.js';
import { takeDump } from '../history/dump.js';
import type { Dump } from '../history/entries.js';
import type { Figure } from '../history/rules/measured.js';
import { History, type Outcome } from '../history/recorder.js';
import { RestClient } from '../history/rest-client.js';
import { SocketClient, type SocketOptions } from '../history/socket-client.js';
import type { Operation } from '../history/entries.js';
import type { ProxiedApp } from './proxied-app.js';

/** Ada's group with Bob, a message of hers in it, and Eve outside; everything is written down. */
export interface FaultScene {
  readonly history: History;
  readonly ada: RestClient;
  readonly bob: RestClient;
  readonly eve: TestUser;
  readonly chat: number;
  readonly message: number;
  /** What the process held before. */
  readonly before: Held;
}

let scenes = 0;

/** A name or content that no other scene has. */
export function unique(text: string): string {
  scenes += 1;
  return `${text} ${scenes}`;
}

/** An app that may be reached, and may reach its databases, through proxies. */
type Reached = Pick<ProxiedApp, 'app'> & Partial<Pick<ProxiedApp, 'sql' | 'mongo'>>;

export async function setFaultScene(proxied: Reached & Pick<ProxiedApp, 'client'>): Promise<FaultScene> {
  const { client } = proxied;
  const history = new History();
  const [a, b, eve] = await client.registerUsers(3);
  if (a === undefined || b === undefined || eve === undefined) throw new Error('no users');
  const [ada, bob] = [new RestClient(history, a, () => client), new RestClient(history, b, () => client)];
  const { chat } = done(await ada.create(unique('chat'), [b.id]));
  const { message } = done(await ada.send(chat, unique('first'), 'first'));
  return { history, ada, bob, eve, chat, message, before: await look(proxied) };
}

export function socketOf(
  { app }: Pick<ProxiedApp, 'app'>,
  { history, chat }: FaultScene,
  { user }: RestClient,
  from: Pick<SocketOptions, 'since' | 'epoch'> = {},
): SocketClient {
  return new SocketClient(history, user, { url: app.url.replace('http', 'ws'), chat, ...from });
}

export function done<O extends Operation>(outcome: Outcome<O>): Outcome<O> & { readonly phase: 'ok' } {
  if (outcome.phase !== 'ok') throw new Error(`answered ${outcome.phase} ${outcome.code}`);
  return outcome;
}

export async function dumpScene(
  { app, storage }: Pick<ProxiedApp, 'app' | 'storage'>,
  { ada, bob, chat }: FaultScene,
): Promise<Dump> {
  const { storage: options } = settingsOf({ SECRET_KEY: 'f3Jq9ZtB1xWm7KcV5sLd2RgN8hYp4EuA', ...storage.env });
  const views = [];
  for (const member of [ada, bob]) {
    const items = await member.view(chat).catch(() => null);
    if (items !== null) views.push({ user: member.user.id, chat, items });
  }
  return takeDump({ stores: app.stores, storage: options, views });
}

/** Holds what was told against what is stored; answers the ids of bodies that no row names, of all scenes. */
export async function judgeSoFar(proxied: ProxiedApp, scene: FaultScene): Promise<readonly string[]> {
  return held(proxied, scene, []);
}

/** As `judgeSoFar`, in the end: whatever the scene opened is closed, and the process holds no more than before. */
export async function judge(proxied: ProxiedApp, scene: FaultScene): Promise<readonly string[]> {
  const { storage } = proxied.app.settings;
  return held(proxied, scene, await figuresOf(scene.before, () => look(proxied), storage));
}

async function held(proxied: ProxiedApp, scene: FaultScene, figures: readonly Figure[]): Promise<readonly string[]> {
  const dump = await dumpScene(proxied, scene);
  const secrets = [scene.ada.user.token, scene.ada.user.password];
  assertHistory(scene.history.entries, dump, { logs: proxied.app.logs, secrets, figures });
  const named = new Set([...dump.messages.map((row) => row.body), ...dump.filed]);
  return dump.bodies.map((body) => body.id).filter((id) => !named.has(id));
}

/** Clients and proxies are in the process of the server: their ends of connections do not count. */
function look({ app, sql, mongo }: Reached): Promise<Held> {
  const proxies = [sql, mongo].filter((proxy) => proxy !== undefined);
  const to = [...proxies.flatMap(({ port, target }) => [port, target.port]), Number(new URL(app.url).port)];
  return heldBy(app, app.settings.storage, { to, at: proxies.map(({ port }) => port) });
}
