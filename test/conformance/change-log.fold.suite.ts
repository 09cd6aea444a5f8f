import { expect } from 'chai';
import fc from 'fast-check';
import { AppError } from '../../src/domain/errors.js';
import type { DurableEvent } from '../../src/domain/events.js';
import type { User } from '../../src/domain/user.js';
import { presentParticipant } from '../../src/presenters/chats.js';
import { presentDurable } from '../../src/presenters/events.js';
import { presentMessage } from '../../src/presenters/messages.js';
import type { DurableFrame } from '../../src/protocol/events.js';
import { freshPicture, Replica, type ChatPicture } from '../helpers/replica.js';
import { at, draft, group, people, send, type ChatStores, type OpenStores } from './chat-store.fixtures.js';
import { deltaOf, missedOf, pageOf } from './change-log.fixtures.js';

/** Several people in a group; the first one reads, and stays in it. */
interface Stage {
  readonly stores: ChatStores;
  readonly users: readonly User[];
  readonly chatId: number;
}

/** One step of somebody: who, what, with whom or which message. Refused ones change nothing. */
type Step = readonly [kind: keyof typeof ACTIONS, actor: number, target: number];

/** Every durable change that there is, and what might be taken for one. */
const ACTIONS = {
  send: async ({ stores, chatId }: Stage, actor: User) => {
    const outcomes = await stores.messages.append([draft(chatId, actor, 'a', 'same'), draft(chatId, actor, 'b')]);
    return outcomes.flatMap((outcome) => (outcome.ok && outcome.event !== null ? [outcome.event] : []));
  },
  edit: async ({ stores, chatId }: Stage, actor: User, target: number) => {
    const messageId = await idOf(stores, chatId, target);
    return (await stores.messages.edit({ messageId, actorId: actor.id, content: `edited ${target}` })).events;
  },
  remove: async ({ stores, chatId }: Stage, actor: User, target: number) =>
    (await stores.messages.remove(await idOf(stores, chatId, target), actor.id)).events,
  rename: async ({ stores, chatId }: Stage, actor: User, target: number) =>
    (await stores.chats.rename(chatId, actor.id, `Name ${target}`)).events,
  add: async ({ stores, chatId, users }: Stage, actor: User) => {
    const ids = users.map((user) => user.id);
    return (await stores.chats.addParticipants(chatId, actor.id, ids)).events;
  },
  expel: async ({ stores, chatId, users }: Stage, actor: User, target: number) =>
    (await stores.chats.removeParticipant(chatId, actor.id, other(users, target).id, 'remove')).events,
  leave: async ({ stores, chatId, users }: Stage, _actor: User, target: number) => {
    const { id } = other(users, target);
    return (await stores.chats.removeParticipant(chatId, id, id, 'leave')).events;
  },
  promote: async ({ stores, chatId, users }: Stage, actor: User, target: number) =>
    (await stores.chats.setAdmin(chatId, actor.id, pick(users, target).id, true)).events,
  demote: async ({ stores, chatId, users }: Stage, actor: User, target: number) =>
    (await stores.chats.setAdmin(chatId, actor.id, pick(users, target).id, false)).events,
  read: async ({ stores, chatId }: Stage, actor: User, target: number) => {
    await stores.chats.markRead(chatId, actor.id, target);
    return [];
  },
} as const satisfies Record<string, (stage: Stage, actor: User, target: number) => Promise<readonly DurableEvent[]>>;

const KINDS = Object.keys(ACTIONS) as (keyof typeof ACTIONS)[];
const PEOPLE = 4;

function pick(users: readonly User[], target: number): User {
  return at(users, target % users.length);
}

/** Not the reader. */
function other(users: readonly User[], target: number): User {
  return at(users, 1 + (target % (users.length - 1)));
}

async function idOf(stores: ChatStores, chatId: number, target: number): Promise<number> {
  const [head] = (await missedOf(stores, chatId, 0, 10_000))?.events.filter(isOf(target)) ?? [];
  return head?.type === 'new_message' ? head.message.id : 900_000_000_000;
}

function isOf(target: number): (event: DurableEvent) => boolean {
  return (event) => event.type === 'new_message' && event.message.seq % 8 === target % 8;
}

async function stage(stores: ChatStores): Promise<Stage> {
  const users = await people(stores, PEOPLE);
  // Another one is the only admin, so that the reader may come to inherit.
  const { chat } = await group(stores, [at(users, 1), at(users, 0), at(users, 2)]);
  await send(stores, chat.id, at(users, 0), 'first');
  return { stores, users, chatId: chat.id };
}

/** The events of one step, none where it was refused. */
async function play(scene: Stage, [kind, actor, target]: Step): Promise<readonly DurableEvent[]> {
  try {
    return await ACTIONS[kind](scene, pick(scene.users, actor), target);
  } catch (error) {
    if (error instanceof AppError && error.code !== 'unavailable' && error.code !== 'indeterminate') return [];
    throw error;
  }
}

function framesFor(reader: User, events: readonly DurableEvent[]): DurableFrame[] {
  return events.map((event) => presentDurable(event, reader.id));
}

async function picture({ stores, chatId, users }: Stage): Promise<ChatPicture> {
  const reader = at(users, 0);
  const { chat, participants } = await stores.chats.view(chatId, reader.id);
  const { items } = await stores.messages.window(chatId, reader.id, { kind: 'newest', limit: 10_000 });
  return freshPicture(
    chat.name,
    participants.map(presentParticipant),
    items.map((message) => presentMessage(message, reader.id)),
  );
}

async function byPages(scene: Stage, from: number, limit: number): Promise<DurableFrame[]> {
  const reader = at(scene.users, 0);
  const frames: DurableFrame[] = [];
  for (let since = from; ;) {
    const { rev, events, hasMore } = await pageOf(scene.stores, scene.chatId, reader, since, limit);
    expect(rev).to.be.at.least(hasMore ? since + 1 : since);
    expect(events.every((event) => event.rev > since && event.rev <= rev)).to.equal(true);
    frames.push(...framesFor(reader, events));
    if (!hasMore) return frames;
    since = rev;
  }
}

/** An old picture with the changes since folded over it is the picture of now, whichever way they come. */
export function changeLogFoldSuite(open: OpenStores): void {
  describe('change log: folding', function () {
    this.timeout(120_000);
    let stores: ChatStores;
    before(async () => {
      stores = await open();
    });
    after(() => stores.close());

    for (const kind of KINDS) {
      it(`${kind}: events and delta over the old picture give the new one`, async () => {
        const scene = await stage(stores);
        const reader = at(scene.users, 0);
        if (kind === 'demote') await play(scene, ['promote', 1, 2]);
        const { rev, events } = await deltaOf(stores, scene.chatId, reader, 0);
        const old = new Replica().apply(framesFor(reader, events));
        expect(old.picture()).to.deep.equal(await picture(scene));
        let changes = 0;
        for (const step of [
          [kind, 1, 2],
          [kind, 0, 1],
          [kind, 1, 1],
        ] as const) {
          const live = await play(scene, step);
          changes += live.length;
          const next = await deltaOf(stores, scene.chatId, reader, rev);
          const fresh = await picture(scene);
          expect(old.fork().apply(framesFor(reader, next.events)).picture(), 'delta').to.deep.equal(fresh);
          expect(old.apply(framesFor(reader, live)).picture(), 'events').to.deep.equal(fresh);
        }
        expect(changes > 0).to.equal(kind !== 'read');
      });
    }

    it('any life of a chat: delta, pages of any size and live events fold to the same', async () => {
      const step = fc.tuple(fc.constantFrom(...KINDS), fc.nat(PEOPLE - 1), fc.nat(12));
      const property = fc.asyncProperty(
        fc.array(step, { minLength: 4, maxLength: 30 }),
        fc.nat(30),
        fc.integer({ min: 1, max: 12 }),
        async (steps, pause, limit) => {
          const scene = await stage(stores);
          const reader = at(scene.users, 0);
          const { rev: start, events } = await deltaOf(stores, scene.chatId, reader, 0);
          const live = new Replica().apply(framesFor(reader, events));
          let asleep: { readonly rev: number; readonly replica: Replica } = { rev: start, replica: live.fork() };
          let rev = start;
          for (const [index, one] of steps.entries()) {
            const told = await play(scene, one);
            live.apply(framesFor(reader, told));
            expect(told.map((event) => event.rev)).to.deep.equal(told.map((_, nth) => rev + 1 + nth));
            rev += told.length;
            if (index === pause) asleep = { rev, replica: live.fork() };
          }
          const fresh = await picture(scene);
          const delta = await deltaOf(stores, scene.chatId, reader, asleep.rev);
          const whole = await byPages(scene, 0, limit);
          const resumed = asleep.replica.fork().apply(framesFor(reader, delta.events));
          const paged = asleep.replica.fork().apply(await byPages(scene, asleep.rev, limit));
          const anew = new Replica().apply(whole);
          expect(delta.rev).to.equal(rev);
          for (const replica of [live, resumed, paged, anew]) {
            expect(replica.picture()).to.deep.equal(fresh);
            expect(replica.seqs()).to.deep.equal(Array.from({ length: delta.lastSeq }, (_, index) => index + 1));
          }
        },
      );
      await fc.assert(property, { seed: Date.now() % 2 ** 31, numRuns: 25, endOnFailure: true });
    });
  });
}
