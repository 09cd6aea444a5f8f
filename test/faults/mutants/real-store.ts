import type { Message } from '../../../src/domain/message.js';
import type { Broker } from '../../../src/ports/broker.js';
import type { AppendOutcome, MessageDraft, MessageLog } from '../../../src/ports/message-log.js';
import type { StoreSet } from '../../../src/stores/open-stores.js';
import type { Session, SqlDatabase } from '../../../src/stores/sql/database.js';
import { createMessageLog } from '../../../src/stores/sql/messages/index.js';
import { bodyInsertion } from '../../../src/stores/sqlite/body-store.js';
import { systemClock } from '../../../src/telemetry/clock.js';
import { silentLogger } from '../../helpers/stores.js';
import type { Invariant } from '../history/checker.js';
import { connectionLost, type Faults } from '../scene.js';

/** What one day's stores are built from. */
export interface Parts {
  readonly broker: Broker;
  readonly faults: Faults;
  /** While it is true, the COMMIT of a send is lost on its way. */
  isLosing: boolean;
  /** While it is true, a wasteful variant is. */
  isWasting: boolean;
}

type Stored = AppendOutcome & { readonly ok: true };

/** A way to build the write path over the real databases that looks right on a good day. */
export interface RealVariant {
  readonly name: string;
  /** What a bad day shows; null: nothing, this is the right one. */
  readonly breaks: Invariant | null;
  /** Everything is written and nothing committed; `acknowledge` answers the sender. */
  readonly early?: (outcome: Stored, parts: Parts, acknowledge: (outcome: Stored) => void) => void;
  /** Every batch takes a rev more than it has changes. */
  readonly isWasteful?: true;
  /** Changes the schema before anybody comes. */
  readonly prepare?: (sql: SqlDatabase) => Promise<unknown>;
}

export const REAL_VARIANTS: readonly RealVariant[] = [
  { name: 'the write path as it is', breaks: null },
  {
    name: 'an acknowledgement given before the commit',
    breaks: 'I1',
    early: (outcome, _parts, acknowledge) => acknowledge(outcome),
  },
  {
    name: 'an event published before the commit',
    breaks: 'I6',
    early: ({ event }, { broker }) => void broker.publish(event === null ? [] : [event]),
  },
  { name: 'a write path that takes a rev for nothing', breaks: 'I14', isWasteful: true },
  {
    // Repeats are not looked for, the unique key finds them: without it nobody does.
    name: 'a store that deduplicates nothing',
    breaks: 'I3',
    prepare: (sql) =>
      sql.transaction((tx) =>
        tx.run(
          sql.words.name === 'mysql'
            ? 'ALTER TABLE message_metadata DROP INDEX message_metadata_client_key'
            : 'DROP INDEX message_metadata_client_key',
        ),
      ),
  },
];

/** The real stores with the variant's message log over them; it takes one send at a time. */
export function variantStores(stores: StoreSet, { early, isWasteful }: RealVariant, parts: Parts): StoreSet {
  let sending: { readonly draft: MessageDraft; readonly acknowledge: (outcome: Stored) => void } | null = null;

  async function beforeCommit(tx: Session): Promise<void> {
    if (sending === null) return;
    const { draft, acknowledge } = sending;
    early?.(await writtenOf(tx, draft), parts, acknowledge);
    if (isWasteful === true && parts.isWasting) {
      await tx.run('UPDATE chats SET rev = rev + 1 WHERE id = ?', [draft.chatId]);
    }
    if (!parts.isLosing) return;
    parts.faults.onStatement = (_text, phase) => {
      if (phase !== 'commit') return;
      parts.faults.reset();
      throw connectionLost();
    };
  }

  const log = createMessageLog(watched(stores.sql, beforeCommit), stores.bodies, {
    clock: systemClock,
    logger: silentLogger,
    ...(stores.kind === 'embedded' ? { bodiesWithRows: bodyInsertion } : {}),
  });

  function taking<T>(append: (drafts: readonly MessageDraft[]) => Promise<readonly T[]>) {
    return (drafts: readonly MessageDraft[]): Promise<readonly (T | Stored)[]> =>
      new Promise((resolve, reject) => {
        const [draft] = drafts;
        if (draft === undefined || drafts.length > 1) throw new Error('one send at a time');
        sending = { draft, acknowledge: (outcome) => resolve([outcome]) };
        append(drafts).then(resolve, reject);
      });
  }

  const messages: MessageLog = {
    ...log,
    append: taking((drafts) => log.append(drafts)),
    appendUnlessBusy: taking((drafts) => log.appendUnlessBusy(drafts)),
  };
  return { ...stores, messages };
}

/** Calls `beforeCommit` in every transaction of a batch that has written something. */
function watched(sql: SqlDatabase, beforeCommit: (tx: Session) => Promise<void>): SqlDatabase {
  return {
    ...sql,
    batch: (opening, work, options) =>
      sql.batch(
        opening,
        async (tx, opened) => {
          const closing = await work(tx, opened);
          return closing.statements.length === 0 ? closing : { ...closing, beforeCommit: () => beforeCommit(tx) };
        },
        options,
      ),
  };
}

/** What the sender would be told, read back within the transaction. */
async function writtenOf(tx: Session, draft: MessageDraft): Promise<Stored> {
  const { chatId } = draft;
  const [row] = await tx.query(
    'SELECT id, seq, rev FROM message_metadata WHERE chat_id = ? ORDER BY seq DESC LIMIT 1',
    [chatId],
  );
  if (row === undefined) throw new Error('nothing is written');
  const rev = Number(row['rev']);
  const at = new Date();
  const message: Message = {
    ...draft,
    id: Number(row['id']),
    seq: Number(row['seq']),
    rev,
    contentStatus: 'ok',
    timestamp: at,
    isEdited: false,
    isDeleted: false,
    editedAt: null,
    version: 1,
  };
  return { ok: true, message, duplicate: false, event: { type: 'new_message', chatId, rev, at, message } };
}
