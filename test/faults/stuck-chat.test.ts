import { expect } from 'chai';
import { eq } from 'drizzle-orm';
import type { ChatEvent } from '../../src/domain/events.js';
import { isDurable } from '../../src/domain/events.js';
import type { Body } from '../../src/ports/body-store.js';
import type { AppendOutcome } from '../../src/ports/message-log.js';
import { createMessageWriter } from '../../src/services/messages/writer/index.js';
import { createMessageLog } from '../../src/stores/sql/messages/index.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { at, contents, draft, group, people, refusal, seqs, stored } from '../conformance/chat-store.fixtures.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';
import { waitUntil } from '../helpers/servers/wait-until.js';

/** Only MySQL locks chats one by one; SQLite has one writer, which no chat can stop on its own. Part of the services leg. */
function stuckChatSuite(): void {
  describe('a chat that somebody else holds', () => {
    let stores: TestStores;
    before(async () => {
      stores = await openTestStores();
    });
    after(() => stores.close());

    async function scene() {
      const users = await people(stores, 2);
      const [ada, bob] = [at(users, 0), at(users, 1)];
      const stuck = (await group(stores, users)).chat.id;
      const other = (await group(stores, users)).chat.id;
      const third = (await group(stores, users)).chat.id;
      const written: string[] = [];
      const log = createMessageLog(
        stores.sql,
        {
          ...stores.bodies,
          insert(bodies: readonly Body[]) {
            written.push(...bodies.map((body) => body.content));
            return stores.bodies.insert(bodies);
          },
        },
        { clock: systemClock, logger: silentLogger },
      );
      const published: ChatEvent[] = [];
      const writer = createMessageWriter(log, (events) => void published.push(...events));
      const answers: { content: string; outcome: AppendOutcome }[] = [];
      const send = (chatId: number, content: string, key: string | null = null): Promise<AppendOutcome> => {
        const answer = writer.write(draft(chatId, ada, content, key));
        void answer.then((outcome) => answers.push({ content, outcome }));
        return answer;
      };
      return { ada, bob, stuck, other, third, written, published, writer, answers, send };
    }

    /** Takes the lock of the chat like every other transaction; resolves to what lets go of it. */
    async function hold(chatId: number): Promise<() => Promise<void>> {
      let letGo: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      let done: Promise<void> = Promise.resolve();
      await new Promise<void>((locked, failed) => {
        const { chats } = stores.sql.tables;
        done = stores.sql.transaction(async (tx) => {
          await tx.lock(tx.db.select({ id: chats.id }).from(chats).where(eq(chats.id, chatId)));
          locked();
          await held;
        });
        done.catch(failed);
      });
      return async () => {
        letGo();
        await done;
      };
    }

    /** Somebody's locking read does not come back: the stuck chat is waited for. */
    async function lockIsWaitedFor(): Promise<void> {
      await waitUntil(
        async () => {
          const rows = await stores.sql.read((session) => session.query('SHOW FULL PROCESSLIST'));
          const texts = rows.map((row) => JSON.stringify(row));
          expect(texts.some((text) => /FOR UPDATE/i.test(text) && !/SKIP LOCKED/i.test(text))).to.equal(true);
        },
        { what: 'a lock is waited for', deadlineMs: 5_000, everyMs: 10 },
      );
    }

    it('I7 lets the others through and keeps the order of its own sends', async () => {
      const { stuck, other, writer, answers, send, written, published, bob } = await scene();
      await send(other, 'warm');
      const release = await hold(stuck);
      const early = [send(stuck, 's1', 'k1'), send(other, 'o1'), send(stuck, 's2')];
      await early[1];
      for (let turn = 2; turn < 12; turn += 1) await send(other, `o${turn}`);
      const late = [send(stuck, 's3'), send(stuck, 's1', 'k1'), send(stuck, 's4')];
      await send(other, 'o12');
      expect(answers.map(({ content }) => content).filter((content) => content.startsWith('s'))).to.deep.equal([]);
      await release();
      const outcomes = await Promise.all([early[0], early[2], ...late]);
      expect(outcomes.map((outcome) => outcome?.ok === true && outcome.duplicate)).to.deep.equal([
        false,
        false,
        false,
        true,
        false,
      ]);
      expect(seqs(outcomes.map(stored))).to.deep.equal([1, 2, 3, 1, 4]);
      await writer.drain();
      const { items } = await stores.messages.window(stuck, bob.id, { kind: 'newest', limit: 100 });
      expect(contents(items)).to.deep.equal(['s4', 's3', 's2', 's1']);
      expect(
        written.filter((content) => content === 's2'),
        'bodies are not written twice',
      ).to.have.length(1);
      const revs = published.flatMap((event) => (isDurable(event) && event.chatId === stuck ? [event.rev] : []));
      expect(revs).to.deep.equal([...revs].sort((a, b) => a - b));
      expect((await send(stuck, 's5')).ok).to.equal(true);
    });

    it('answers for a chat that stays stuck in time, and stores nothing of it', async () => {
      const { stuck, other, writer, answers, send, bob } = await scene();
      const release = await hold(stuck);
      const began = performance.now();
      const refused = [send(stuck, 's1'), send(stuck, 's2')];
      let slowest = 0;
      await waitUntil(
        async () => {
          const sent = performance.now();
          expect((await send(other, 'meanwhile')).ok).to.equal(true);
          slowest = Math.max(slowest, performance.now() - sent);
          if (answers.filter(({ content }) => content.startsWith('s')).length < 2) throw new Error('still waiting');
        },
        { what: 'the stuck sends are answered', deadlineMs: 12_000, everyMs: 50 },
      );
      expect((await Promise.all(refused)).map(refusal)).to.deep.equal(['unavailable', 'unavailable']);
      expect(performance.now() - began).to.be.below(10_000);
      expect(slowest, 'ms for a send to another chat').to.be.below(2_500);
      await release();
      expect(stored(await send(stuck, 's3')).seq).to.equal(1);
      await writer.drain();
      const { items } = await stores.messages.window(stuck, bob.id, { kind: 'newest', limit: 100 });
      expect(contents(items)).to.deep.equal(['s3']);
    }).timeout(20_000);

    it('I7 stores the sends of one that is let go of while another stays stuck', async () => {
      const { stuck, other, third, writer, answers, send } = await scene();
      const release = await hold(stuck);
      const waiting = [send(stuck, 's1'), send(stuck, 's2')];
      await lockIsWaitedFor();
      const letGo = await hold(other);
      const quick = [send(other, 'o1'), send(other, 'o2')];
      // The first lane writes one batch at a time: the other chat's was found busy when this one is answered.
      await send(third, 't1');
      await letGo();
      expect(seqs((await Promise.all(quick)).map(stored))).to.deep.equal([1, 2]);
      expect(answers.map(({ content }) => content)).to.deep.equal(['t1', 'o1', 'o2']);
      await release();
      expect(seqs((await Promise.all(waiting)).map(stored))).to.deep.equal([1, 2]);
      await writer.drain();
    });

    it('takes a chat that does not exist for what it is', async () => {
      const { send } = await scene();
      expect(refusal(await send(900_000_000_000, 'nowhere'))).to.equal('chat_not_found');
    });
  });
}

if (process.env['PARLEY_TEST_STORE'] === 'split') stuckChatSuite();
