import { AppError } from '../../../src/domain/errors.js';
import type { DurableEvent } from '../../../src/domain/events.js';
import type { Message } from '../../../src/domain/message.js';
import type { BodyReferences, BodyStanding } from '../../../src/ports/body-references.js';
import type { ListedBody } from '../../../src/ports/body-store.js';
import type { ChangeLog, DeltaBounds } from '../../../src/ports/change-log.js';
import type { Change } from '../../../src/ports/chat-store.js';
import type { AppendOutcome, MessageDraft, MessageLog } from '../../../src/ports/message-log.js';
import type { Publish } from '../../../src/services/realtime/publisher.js';
import { slicedDelta, wholeDelta } from '../../helpers/delta.js';
import type { Invariant } from '../history/checker.js';
import { SimChats } from '../simulation/chat-store.js';
import type { Chat, Row } from '../simulation/disk.js';
import { SimMessageLog, type Draft } from '../simulation/message-log.js';
import type { Parts } from '../simulation/node.js';
import { SimChanges, SimReferences, type SimBodies, type StoreContext } from '../simulation/stores.js';
import type { Plan } from '../simulation/transactions.js';

/** A way to build it that looks right on a good day. */
export interface Variant {
  readonly name: string;
  /** What a day that is not so good shows. */
  readonly breaks: Invariant;
  readonly parts: Partial<Parts>;
}

/** Rows first: whoever sees the row may come before its body, and a body that fails leaves the row alone. */
class MetadataFirst extends SimMessageLog {
  override async append(drafts: readonly MessageDraft[]): Promise<readonly AppendOutcome[]> {
    const sends = drafts.map((draft, index) => ({ draft, index, body: this.bodyFor(draft) }));
    const outcomes = await this.commit(sends);
    await this.bodies.insert(sends.map(({ body }) => body));
    return outcomes;
  }
}

/** Answers when everything is ready to be committed, which is sooner. */
class AckBeforeCommit extends SimMessageLog {
  protected override commit(sends: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    return new Promise((resolve, reject) => {
      const chatIds = [...new Set(sends.map(({ draft }) => draft.chatId))];
      const { database, owner } = this.on;
      const planned = (): Plan<readonly AppendOutcome[]> => {
        const plan = this.plan(sends);
        resolve(plan.result);
        return plan;
      };
      database.transact(owner, chatIds, planned).catch(reject);
    });
  }
}

/** Tells everybody when everything is ready to be committed. */
class PublishBeforeCommit extends SimMessageLog {
  constructor(
    on: StoreContext,
    bodies: SimBodies,
    private readonly publish: Publish,
  ) {
    super(on, bodies);
  }

  protected override plan(sends: readonly Draft[]): Plan<readonly AppendOutcome[]> {
    const plan = super.plan(sends);
    this.publish(plan.result.flatMap((outcome) => (outcome.ok && outcome.event !== null ? [outcome.event] : [])));
    return plan;
  }
}

const counters = new WeakMap<object, Map<number, number>>();

/** Takes seq from a counter of the database that, like all of them, does not go back when a transaction does. */
class AutoIncrement extends SimMessageLog {
  protected override nextSeq({ id }: Chat): number {
    const counter = counters.get(this.on.disk) ?? new Map<number, number>();
    counters.set(this.on.disk, counter);
    const next = (counter.get(id) ?? 0) + 1;
    counter.set(id, next);
    return next;
  }
}

/** Writes the new text over the old one, then the row: readers of the old row see the new text. */
class InPlaceEdit extends SimMessageLog {
  override async edit({ messageId, actorId, content }: Parameters<MessageLog['edit']>[0]): Promise<Change<Message>> {
    const { disk, sim, owner, database } = this.on;
    const before = this.visibleRow(messageId);
    if (before.senderId !== actorId) throw new AppError('sender_required');
    const stored = disk.bodies.get(before.body);
    if (stored === undefined) throw new AppError('unavailable');
    disk.bodies.set(before.body, { body: { ...stored.body, content }, content });
    await sim.step(owner);
    return database.transact(owner, [before.chatId], () => {
      const row = this.visibleRow(messageId);
      const chat = disk.chat(row.chatId);
      const rev = chat.rev + 1;
      const changed: Row = { ...row, rev, version: row.version + 1 };
      const message: Message = { ...disk.message(changed), content };
      const event: DurableEvent = { type: 'message_updated', chatId: chat.id, rev, at: new Date(0), message };
      return {
        result: { result: message, events: [event] },
        writes: [() => this.write(changed), () => void (chat.rev = rev)],
      };
    });
  }
}

/** Forgets to look for the key. */
class NoDedupe extends SimMessageLog {
  protected override known(): Row | undefined {
    return undefined;
  }
}

/** Looks once, without the chat's lock, and takes what it saw a moment ago for what is so. */
class SweepUnlocked extends SimReferences {
  override async examineLocked(
    _chatId: number,
    bodies: readonly ListedBody[],
  ): ReturnType<BodyReferences['examineLocked']> {
    const standings: readonly BodyStanding[] = bodies.map((body) => this.standing(body));
    await this.on.sim.step(this.on.owner);
    return { now: new Date(this.on.sim.time), standings };
  }
}

/** A committer whose lock is held for long: slow between its look at the clock and its COMMIT. */
class SlowCommitter extends SimMessageLog {
  protected override plan(sends: readonly Draft[]): Plan<readonly AppendOutcome[]> {
    const plan = super.plan(sends);
    const { sim } = this.on;
    if (sim.random.chance(0.3)) sim.time += 11 * 60_000;
    return plan;
  }
}

const seen = new WeakMap<object, Map<number, DurableEvent[]>>();

/** Remembers what this process published instead of reading it: a restart, or another node, knows nothing of it. */
class ResumeFromMemory extends SimChanges {
  override async since(
    chatId: number,
    readerId: number,
    since: number,
    most: DeltaBounds,
  ): ReturnType<ChangeLog['since']> {
    const answer = await super.since(chatId, readerId, since, most);
    if (answer.kind !== 'delta') return answer;
    const known = new Set((seen.get(this.on.owner)?.get(chatId) ?? []).map((event) => event.rev));
    const { rev, events } = await wholeDelta(answer.delta);
    return { ...answer, delta: slicedDelta({ rev, events: events.filter((event) => known.has(event.rev)) }) };
  }
}

class Remembering extends SimMessageLog {
  protected override async commit(sends: readonly Draft[]): Promise<readonly AppendOutcome[]> {
    const outcomes = await super.commit(sends);
    const memory = seen.get(this.on.owner) ?? new Map<number, DurableEvent[]>();
    seen.set(this.on.owner, memory);
    for (const outcome of outcomes) {
      if (!outcome.ok || outcome.event === null) continue;
      const { chatId } = outcome.event;
      memory.set(chatId, [...(memory.get(chatId) ?? []), outcome.event]);
    }
    return outcomes;
  }
}

/** Takes the seat away without a place in the chat's order: whoever listens already goes on listening. */
class UnsequencedRemoval extends SimChats {
  override remove(chatId: number, userId: number): Promise<Change<null>> {
    return this.change(chatId, () => {
      if (!this.on.disk.isIn(chatId, userId)) throw new AppError('participant_not_found');
      const seat = this.on.disk.seats.get(chatId)?.get(userId);
      return {
        result: { result: null, events: [] },
        writes: [() => void (seat === undefined ? null : Object.assign(seat, { isIn: false }))],
      };
    });
  }
}

export const VARIANTS: readonly Variant[] = [
  {
    name: 'rows are written before bodies',
    breaks: 'I2',
    parts: { log: (on, bodies) => new MetadataFirst(on, bodies) },
  },
  {
    name: 'an acknowledgement is given before the commit',
    breaks: 'I1',
    parts: { log: (on, bodies) => new AckBeforeCommit(on, bodies) },
  },
  {
    name: 'events are published before the commit',
    breaks: 'I6',
    parts: { log: (on, bodies, publish) => new PublishBeforeCommit(on, bodies, publish) },
  },
  {
    name: 'seq is an auto-increment',
    breaks: 'I4',
    parts: { log: (on, bodies) => new AutoIncrement(on, bodies) },
  },
  { name: 'a body is updated in place', breaks: 'I10', parts: { log: (on, bodies) => new InPlaceEdit(on, bodies) } },
  {
    name: 'the sweeper takes no lock',
    breaks: 'I2',
    parts: {
      log: (on, bodies) => new SlowCommitter(on, bodies),
      references: (on) => new SweepUnlocked(on),
    },
  },
  { name: 'nothing is deduplicated', breaks: 'I3', parts: { log: (on, bodies) => new NoDedupe(on, bodies) } },
  {
    name: 'a resume is answered from memory',
    breaks: 'I5',
    parts: { log: (on, bodies) => new Remembering(on, bodies), changes: (on) => new ResumeFromMemory(on) },
  },
  {
    name: 'a removal takes no place in the order of the chat',
    breaks: 'I8',
    parts: { chats: (on) => new UnsequencedRemoval(on) },
  },
];

/** The same circumstances as the variant's, with the right part: what is found is the variant's fault and not theirs. */
export const CONTROLS: readonly Pick<Variant, 'name' | 'parts'>[] = [
  {
    name: 'a slow committer and a sweeper that takes the lock',
    parts: { log: (on, bodies) => new SlowCommitter(on, bodies) },
  },
  { name: 'a log that remembers and a resume that reads', parts: { log: (on, bodies) => new Remembering(on, bodies) } },
];
