import { AppError } from '../../../domain/errors.js';
import type { Message } from '../../../domain/message.js';
import type { ChangeLog, DeltaPage, PageAnswer, ReaderState } from '../../../ports/change-log.js';
import type { ReadShare } from '../../../ports/read-share.js';
import { LIMITS } from '../../../protocol/limits.js';
import type { RepositoryContext } from '../ground/context.js';
import { paidContents } from '../ground/contents.js';
import type { MessageRow } from '../ground/message-rows.js';
import { totalOf } from '../ground/slices.js';
import { readReaderHead, readState } from './head.js';
import { cutPage, findForPage, type PageBounds, type PagePart } from './page-bounds.js';
import { byId } from './message-events.js';

/** A page whose contents are still to be read: how many bytes they have is known. */
interface PlannedPage {
  readonly kind: 'planned';
  readonly parts: readonly PagePart[];
  readonly state: ReaderState;
  readonly rev: number;
  readonly hasMore: boolean;
  /** Objects on it, whatever they are. */
  readonly objects: number;
}

type Plan = PlannedPage | Extract<PageAnswer, { kind: 'resync' }>;

/** Rows of chats that are read in one step: a chat takes an embedded database 0.2 to 0.8 ms. */
const STEP_MS = 2;

/** One page of what changed, in the order of rev over messages, participants and the chat's fields alike. */
export async function readPage(
  context: RepositoryContext,
  chatId: number,
  readerId: number,
  sinceRev: number,
  limit: number,
  share: ReadShare,
): Promise<PageAnswer> {
  const bounds = { limit, bytesLeft: null };
  const plan = await share.step(() => planPage(context, chatId, readerId, sinceRev, bounds));
  if (plan.kind === 'resync') return plan;
  return { kind: 'page', page: await toPage(context, plan, await readContents(context, [plan], share)) };
}

/**
 * Pages of many chats: the rows of all first, so that what the answer comes to is known before the first content is read;
 * the contents of all together then.
 */
export async function readPages(
  context: RepositoryContext,
  readerId: number,
  chats: Parameters<ChangeLog['pages']>[1],
  limit: number,
  share: ReadShare,
): ReturnType<ChangeLog['pages']> {
  const plans: (readonly [chatId: number, plan: Plan | null])[] = [];
  let objects = 0;
  let bytes = 0;
  const planNext = async (): Promise<void> => {
    const asked = chats[plans.length];
    if (asked === undefined) return;
    const [chatId, sinceRev] = asked;
    const left = Math.max(0, limit - objects);
    // The first object of the whole answer is told whatever its size, or nobody could read on.
    const bounds = { limit: left, bytesLeft: objects === 0 ? null : Math.max(0, LIMITS.answerBytes - bytes) };
    const plan = await unlessGone(planPage(context, chatId, readerId, sinceRev, bounds));
    plans.push([chatId, plan]);
    if (plan?.kind !== 'planned') return;
    objects += plan.objects;
    bytes += totalOf(weighed([plan]).map(({ bytes }) => bytes));
  };
  while (plans.length < chats.length) {
    await share.step(async () => {
      const end = context.clock.monotonic() + STEP_MS;
      do await planNext();
      while (plans.length < chats.length && context.clock.monotonic() < end);
    });
  }
  const planned = plans.flatMap(([, plan]) => (plan?.kind === 'planned' ? [plan] : []));
  const contents = await readContents(context, planned, share);
  const answers = new Map<number, PageAnswer | null>();
  for (const [chatId, plan] of plans) {
    if (plan?.kind === 'planned') answers.set(chatId, { kind: 'page', page: await toPage(context, plan, contents) });
    else answers.set(chatId, plan);
  }
  return answers;
}

async function planPage(
  context: RepositoryContext,
  chatId: number,
  readerId: number,
  sinceRev: number,
  bounds: PageBounds,
): Promise<Plan> {
  const { sql } = context;
  const { head, state, found } = await sql.snapshot(async (session) => {
    const head = await readReaderHead(session, chatId, readerId);
    const state = await readState(session, sql.words, head);
    return { head, state, found: await findForPage(session, sql, head, sinceRev, bounds) };
  });
  if (sinceRev > head.rev) return { kind: 'resync', rev: head.rev, reason: 'future_rev' };
  return { kind: 'planned', state, ...(await cutPage(context, head, found, sinceRev, bounds)) };
}

/** The rows whose contents the pages need, with the bytes of each. */
function weighed(plans: readonly PlannedPage[]): readonly { readonly row: MessageRow; readonly bytes: number }[] {
  return plans.flatMap(({ parts }) =>
    parts.flatMap(({ found, places, sizes }) =>
      places.flatMap((place) => {
        const row = found.rowAt(place);
        return row === null ? [] : [{ row, bytes: sizes[place] ?? 0 }];
      }),
    ),
  );
}

async function readContents(
  context: RepositoryContext,
  plans: readonly PlannedPage[],
  share: ReadShare,
): Promise<ReadonlyMap<number, Message>> {
  const wanted = weighed(plans);
  const rows = wanted.map(({ row }) => row);
  const sizes = wanted.map(({ bytes }) => bytes);
  return byId(await paidContents(context, rows, sizes, share));
}

async function toPage(
  context: RepositoryContext,
  { parts, state, rev, hasMore }: PlannedPage,
  contents: ReadonlyMap<number, Message>,
): Promise<DeltaPage> {
  const events = await Promise.all(parts.map(({ found, places }) => found.tell(context, places, contents)));
  return { rev, hasMore, state, events: events.flat().sort((a, b) => a.rev - b.rev) };
}

async function unlessGone(plan: Promise<Plan>): Promise<Plan | null> {
  try {
    return await plan;
  } catch (error) {
    if (error instanceof AppError && error.code === 'chat_not_found') return null;
    throw error;
  }
}
