import type { FairTurns } from '../domain/fair-turns.js';
import type { Identity } from '../domain/user.js';
import type { Clock } from '../ports/clock.js';
import { presentDurable } from '../presenters/events.js';
import { presentReady, presentResync } from '../presenters/frames.js';
import type { ReadOn, ResumeFrom, Services } from '../services/services.js';
import type { ChatFeed } from './chat-feed.js';
import { encodeFrame } from './codec.js';
import { MAX_DELTA_BYTES } from './delivery.js';
import type { FrameId } from './errors.js';
import type { Link } from './link.js';

/*
 * Reading on from a rev, in three phases. Nothing may be missed and nothing told twice where they join.
 *
 *   backfill   The feed is registered and keeps every event that comes. Only then the delta is read, in one snapshot: each
 *              object that changed since, once, as it is now. It is sent as fast as the peer reads: removals, new messages
 *              by seq, the rest by rev. A removal of the reader never is among them: who is not in the chat at the moment
 *              of the snapshot is refused.
 *   cut-over   In one turn of the loop: `ready` with the snapshot's rev and what belongs to it, then the kept events above
 *              that rev, in order. If more came than is kept, the delta above the rev just reached is read instead,
 *              which holds them all, and the backfill goes on.
 *   live       Each event as it comes, exactly one rev above the one before.
 *
 * I5: registration comes before the read, so an event is in the delta or kept or both; both is told apart by the rev.
 * I8: membership is read in the delta's snapshot, and a removal after it is an event above the delta's rev: it is sent
 * before any later one and ends the feed.
 */

/** A reader that falls behind this often while it reads on is closed: it reads less than is written. */
const MAX_ROUNDS = 8;

export interface ReplayDeps {
  readonly realtime: Services['realtime'];
  readonly replays: FairTurns;
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
 * `chat_not_found` or `unavailable` before the feed is live; then it is the caller's.
 */
export async function replay(deps: ReplayDeps, request: ReplayRequest): Promise<void> {
  const { feed, onProven } = request;
  let from = request.from;
  // Before the wait for a turn: from here on events are kept.
  feed.hold();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const answer = await read(deps, request, from);
    if (answer === null || !feed.isOpen) return;
    if (round === 0) onProven?.();
    const frames = answer.kind === 'delta' ? encode(answer, deps.actor) : null;
    if (answer.kind === 'resync' || frames === null) {
      const { rev, lastSeq } = answer.kind === 'resync' ? answer : { ...answer.delta, ...answer.state };
      if (!feed.joins(rev)) continue;
      return startAfresh(deps, request, { rev, lastSeq }, answer.kind === 'resync' ? answer.reason : 'too_large');
    }
    request.budget.items -= frames.length;
    await sendAll(deps.link, frames);
    if (!feed.isOpen) return;
    const { rev } = answer.delta;
    from = { rev, epoch: null };
    if (feed.joins(rev)) return cutOver(deps, request, answer);
  }
  deps.link.close('slow_reader');
}

/**
 * null: the reader has gone. In a storm of reconnects clients give up and come again while they stand in line; what they
 * left there costs no read, so that the line gets shorter.
 */
function read(deps: ReplayDeps, { feed, budget }: ReplayRequest, from: ResumeFrom): Promise<ReadOn | null> {
  const { realtime, replays, actor, link } = deps;
  return replays.run<ReadOn>(
    actor.userId,
    () => {
      // What did not fit while it stood in line is in the read that begins now.
      feed.hold();
      return realtime.resume(actor, feed.chatId, from, Math.max(0, budget.items));
    },
    { onLine: (isInLine) => link.standInLine(isInLine), isWanted: () => feed.isOpen },
  );
}

/** null: more than is worth replaying. */
function encode({ delta }: ReadOn & { kind: 'delta' }, { userId }: Identity): readonly Uint8Array[] | null {
  let bytes = 0;
  const frames: Uint8Array[] = [];
  for (const event of delta.events) {
    const frame = encodeFrame(presentDurable(event, userId));
    bytes += frame.byteLength;
    if (bytes > MAX_DELTA_BYTES) return null;
    frames.push(frame);
  }
  return frames;
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
