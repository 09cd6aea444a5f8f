import type { HttpResponse } from 'uWebSockets.js';
import type { WaitingAnswer, WaitingAnswers } from '../waiting-answers.js';
import type { UwsConnection } from './connection.js';
import { HeldAnswer } from './held-answer.js';
import { writeHead, writeLast, type WireReply } from './reply.js';
import type { RequestHead } from './request.js';

/** Milliseconds for a client to read the last answer of its connection: closing over unread bytes would reset it. */
const LINGER_MS = 1_000;

/** The exchange of a slow answer. */
export interface SlowAnswerOwner {
  readonly open: boolean;
  /** See `writeContinue`. */
  readonly continued: boolean;
  /** The native response is no longer ours. */
  release(): void;
  /** All of the answer has left the process. */
  delivered(): void;
  /** Ends the connection at once. */
  drop(): void;
  guard(step: () => void): void;
}

/** The ways of an answer that does not simply go out and end: it waits for its peer, or ends its connection after a while. */
export class SlowAnswer {
  private waitingFor: WaitingAnswer | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly res: HttpResponse,
    private readonly owner: SlowAnswerOwner,
    private readonly waiting: WaitingAnswers,
    /** Null where it could not be read. */
    private readonly head: RequestHead | null,
  ) {}

  /** An answer with a body, pending until it has left. `closes`: the connection then ends. */
  hold(connection: UwsConnection, reply: WireReply, closes: boolean): void {
    const { res, owner } = this;
    const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
    // The bytes alone wait: the text that they were made of is not to be kept beside them.
    const head: WireReply = { ...reply, body: '' };
    const held = new HeldAnswer(res, body, closes, {
      peerAddress: this.head?.peerAddress ?? '',
      head: () => {
        connection.listen(res);
        writeHead(res, head, owner.continued);
        if (closes) res.writeHeader('connection', 'close');
      },
      left: () => {
        this.over();
        connection.proved();
        if (closes) this.linger();
        else owner.release();
        owner.delivered();
      },
      cut: () => owner.drop(),
      guard: (step) => owner.guard(step),
    });
    if (!held.start() && owner.open) this.wait(held);
  }

  /** The last answer of a connection, at once; a body is text. Nothing more is read: that would be work for nothing. */
  last(reply: WireReply): void {
    const { res, owner } = this;
    res.pause();
    res.cork(() => {
      owner.guard(() => {
        writeHead(res, reply, owner.continued);
        writeLast(res, this.head?.method ?? 'GET', reply);
      });
    });
    this.linger();
    owner.delivered();
  }

  /** The connection is gone. */
  aborted(): void {
    this.over();
    clearTimeout(this.timer);
  }

  private wait(answer: WaitingAnswer): void {
    this.waitingFor = answer;
    this.waiting.add(answer);
  }

  private over(): void {
    if (this.waitingFor !== null) this.waiting.remove(this.waitingFor);
    this.waitingFor = null;
  }

  private linger(): void {
    this.timer = setTimeout(() => this.owner.guard(() => this.owner.drop()), LINGER_MS);
  }
}
