import type { FairTurns } from '../../domain/fair-turns.js';
import type { Identity } from '../../domain/user.js';
import type { DeltaSlice } from '../../ports/change-log.js';
import type { Clock } from '../../ports/clock.js';
import { presentDurable } from '../../presenters/events.js';
import { presentReady, presentResync } from '../../presenters/frames.js';
import { LIMITS } from '../../protocol/limits.js';
import type { ReadOn, ResumeFrom, Services } from '../../services/services.js';
import { AppError } from '../../domain/errors.js';
import { encodeFrame } from '../codec.js';
import type { FrameId } from '../errors.js';
import type { Link } from '../socket/link.js';
import type { ChatFeed } from './chat-feed.js';
import type { ReplayBudget } from './replay-budget.js';
import type { ScopeDeps, Visitor } from './scope.js';

/*
 * Reading on from a rev, in three phases. Nothing may be missed and nothing told twice where they join.
 *
 *   backfill   The feed is registered and keeps every event that comes. Only then the delta is read, in one snapshot: each
 *              object that changed since, once, as it is now. It is sent slice by slice, as fast as the peer reads:
 *              removals, new messages by seq, the rest by rev. A removal of the reader never is among them: who is not in
 *              the chat at the moment of the snapshot is refused.
 *   cut-over   In one turn of the loop: `ready` with the snapshot's rev and what belongs to it, then the kept events above
 *              that rev, in order. If more came than is kept, the delta above the rev just reached is read instead,
 *              which holds them all, and the backfill goes on.
 *   live       Each event as it comes, exactly one rev above the one before.
 *
 * I5: registration comes before the read, so an event is in the delta or kept or both; both is told apart by the rev.
 * What a slice tells was fixed by the snapshot (see DeltaSlice), so it makes no difference how much later it is read: its
 * revs are at or below the delta's, and versions only rise from there with the events above it.
 * I8: membership is read in the delta's snapshot, and a removal after it is an event above the delta's rev: it is sent
 * before any later one and ends the feed.
 * I11: a replay holds the outline of its delta, 200 KB for a thousand objects, and the frames of one slice. Every read of
 * the store is a turn of the user's, and is paid from the user's budget.
 */

/** A reader that falls behind this often while it reads on is closed: it reads less than is written. */
const MAX_ROUNDS = 8;

export interface ReplayDeps {
  readonly realtime: Services['realtime'];
  readonly replays: FairTurns;
  readonly replayBudget: ReplayBudget;
  readonly clock: Clock;
  readonly link: Link;
  readonly actor: Identity;
}

export interface ReplayRequest {
  readonly feed: ChatFeed;
  readonly from: ResumeFrom;
  /** Of the command; undefined where there was none, or it had none. */
  readonly id?: FrameId | undefined;
  /** Objects that may be replayed; what is used is taken off. */
  readonly budget: { items: number };
  /** The first read has shown that the reader is in the chat. */
  readonly onProven?: () => void;
}

/**
 * Brings the feed from `from` to now and lets it go live, ending with `ready` or `resync_required`. Rejects with
 * `chat_not_found`, `unavailable` or `overloaded` before anything was told; then the feed is the caller's. A failure
 * behind that closes the socket, whose client reads on from what it has.
 */
export async function replay(deps: ReplayDeps, request: ReplayRequest): Promise<void> {
  const progress = { hasTold: false };
  try {
    await bring(deps, request, progress);
  } catch (error) {
    // The feed of a live socket would go on with the events that it kept, and tell again what a slice has told.
    if (!progress.hasTold) throw error;
    deps.link.close('slow_reader');
  }
}

/** Whether anything of a delta was sent. */
interface Progress {
  hasTold: boolean;
}

async function bring(deps: ReplayDeps, request: ReplayRequest, progress: Progress): Promise<void> {
  const { feed, onProven } = request;
  let from = request.from;
  let isWhole = true;
  // Before the wait for a turn: from here on events are kept.
  feed.hold();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const answer = await read(deps, request, from);
    if (answer === null || !feed.isOpen) return;
    if (round === 0) onProven?.();
    if (answer.kind === 'resync') {
      if (!feed.joins(answer.rev)) continue;
      return startAfresh(deps, request, answer, answer.reason);
    }
    const { rev, items, slices } = answer.delta;
    request.budget.items -= items;
    isWhole = isWhole && (await sendSlices(deps, feed, slices, progress));
    if (!feed.isOpen) return;
    from = { rev, epoch: null };
    if (!feed.joins(rev)) continue;
    if (isWhole) return cutOver(deps, request, answer);
    return startAfresh(deps, request, { rev, lastSeq: answer.state.lastSeq }, 'too_large');
  }
  deps.link.close('slow_reader');
}

/** null: the reader has gone. */
function read(deps: ReplayDeps, { feed, budget }: ReplayRequest, from: ResumeFrom): Promise<ReadOn | null> {
  const { realtime, actor, replayBudget } = deps;
  return inReplayTurn(deps, feed, async () => {
    // What did not fit while it stood in line is in the read that begins now.
    feed.hold();
    const answer = await realtime.resume(actor, feed.chatId, from, Math.max(0, budget.items));
    replayBudget.took(actor.userId, 0);
    return answer;
  });
}

/** False: the frames are more than is worth replaying, though the contents were not; not all of them were sent. */
async function sendSlices(
  deps: ReplayDeps,
  feed: ChatFeed,
  slices: readonly DeltaSlice[],
  progress: Progress,
): Promise<boolean> {
  const { link, actor, replayBudget } = deps;
  let left = LIMITS.resumeBytes;
  for (const slice of slices) {
    // First of all: what is read while the peer is not reading would wait here.
    await link.room();
    const frames = await inReplayTurn(deps, feed, async () => {
      const encoded = (await slice()).map((event) => encodeFrame(presentDurable(event, actor.userId)));
      replayBudget.took(actor.userId, bytesOf(encoded));
      return encoded;
    });
    if (frames === null) return true;
    left -= bytesOf(frames);
    if (left < 0) return false;
    progress.hasTold ||= frames.length > 0;
    await sendAll(link, frames);
    if (!feed.isOpen) return true;
  }
  return true;
}

/**
 * null: the reader has gone. In a storm of reconnects clients give up and come again while they stand in line; what they
 * left there costs no read, so that the line gets shorter.
 */
async function inReplayTurn<T>(deps: ReplayDeps, feed: ChatFeed, task: () => Promise<T>): Promise<T | null> {
  const { replays, replayBudget, actor, link } = deps;
  const isWanted = (): boolean => feed.isOpen;
  const onLine = (isInLine: boolean): void => link.standInLine(isInLine);
  await replayBudget.room(actor.userId, { isWanted, onLine });
  return replays.run(actor.userId, task, { isWanted, onLine });
}

function bytesOf(frames: readonly Uint8Array[]): number {
  return frames.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

async function sendAll(link: Link, frames: readonly Uint8Array[]): Promise<void> {
  for (const frame of frames) {
    await link.room();
    if (!link.isOpen()) return;
    link.send(frame);
  }
}

function cutOver(
  { realtime, link, clock }: ReplayDeps,
  { feed, id }: ReplayRequest,
  answer: ReadOn & { kind: 'delta' },
) {
  const { rev } = answer.delta;
  const ready = { chatId: feed.chatId, rev, epoch: realtime.epoch, ...answer.state };
  link.tell(presentReady(ready, id, new Date(clock.now())));
  feed.start(rev, answer.state.lastSeq);
}

/** Nothing is replayed: the client reads the chat afresh, and everything above `rev` is live. */
function startAfresh(
  { realtime, link, clock }: ReplayDeps,
  { feed, id }: ReplayRequest,
  { rev, lastSeq }: { readonly rev: number; readonly lastSeq: number },
  reason: Parameters<typeof presentResync>[0]['reason'],
): void {
  link.tell(presentResync({ chatId: feed.chatId, rev, epoch: realtime.epoch, reason }, id, new Date(clock.now())));
  feed.start(rev, lastSeq);
}

/**
 * Replays on a feed that is live, or refuses: `resume_in_progress` for a feed that is being replayed, because each
 * replay may cost a thousand rows. After a failure the feed goes on where it stood. Who is no longer in the chat is told
 * `chat_not_found`, and the event of the removal, which comes in its order, ends the feed.
 */
export async function resumeFeed(
  deps: ScopeDeps,
  link: Link,
  { actor }: Visitor,
  request: ReplayRequest,
): Promise<void> {
  const { feed, from, id } = request;
  const { realtime } = deps.services;
  if (!feed.isLive) throw new AppError('resume_in_progress');
  if (from.epoch !== null && from.epoch !== realtime.epoch) {
    // Nothing to read: the feed is live from its rev on, and so the client may start there.
    const { chatId, rev } = feed;
    const resync = { chatId, rev, epoch: realtime.epoch, reason: 'other_epoch' as const };
    link.tell(presentResync(resync, id, new Date(deps.clock.now())));
    return;
  }
  try {
    await replay({ ...deps, realtime, link, actor }, request);
  } catch (error) {
    if (error instanceof AppError && error.code === 'chat_not_found') deps.hub.suspect(feed.chatId);
    if (feed.isOpen) feed.goOn();
    throw error;
  }
}
