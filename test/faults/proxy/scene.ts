import { settingsOf } from '../../helpers/app.js';
import type { TestUser } from '../../helpers/client.js';
import { assertHistory } from '../history/checker.js';
import { takeDump } from '../history/dump.js';
import type { Dump } from '../history/entries.js';
import { History, type Outcome } from '../history/recorder.js';
import { RestClient } from '../history/rest-client.js';
import { SocketClient } from '../history/socket-client.js';
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
}

let scenes = 0;

/** A name or content that no other scene has. */
export function unique(text: string): string {
  scenes += 1;
  return `${text} ${scenes}`;
}

export async function setFaultScene({ client }: Pick<ProxiedApp, 'client'>): Promise<FaultScene> {
  const history = new History();
  const [a, b, eve] = await client.registerUsers(3);
  if (a === undefined || b === undefined || eve === undefined) throw new Error('no users');
  const [ada, bob] = [new RestClient(history, a, () => client), new RestClient(history, b, () => client)];
  const { chat } = done(await ada.create(unique('chat'), [b.id]));
  const { message } = done(await ada.send(chat, unique('first'), 'first'));
  return { history, ada, bob, eve, chat, message };
}

export function socketOf(
  { app }: Pick<ProxiedApp, 'app'>,
  { history, chat }: FaultScene,
  { user }: RestClient,
): SocketClient {
  return new SocketClient(history, user, { url: app.url.replace('http', 'ws'), chat });
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
export async function judge(proxied: ProxiedApp, scene: FaultScene): Promise<readonly string[]> {
  const dump = await dumpScene(proxied, scene);
  const told = { logs: proxied.app.logs, secrets: [scene.ada.user.token, scene.ada.user.password] };
  assertHistory(scene.history.entries, dump, told);
  const named = new Set([...dump.messages.map((row) => row.body), ...dump.filed]);
  return dump.bodies.map((body) => body.id).filter((id) => !named.has(id));
}
