import { CounterField } from './counter-field.js';
import { maskedFrame } from './masked-frame.js';
import type { Lane } from './measure.js';
import { messageJson } from './message.js';
import { LoadSocket, type Endpoint } from './web-socket.js';

const PREFIX = '{"type":"';
const KIND = PREFIX.length;
const PING = maskedFrame('{"type":"ping"}');
const TYPING = ['start', 'stop'].map((content) => maskedFrame(JSON.stringify({ type: 'typing', content })));

/** First letters of the frame types told apart without decoding: ack, error, new_message, pong, typing_started. */
const A = 97;
const E = 101;
const N = 110;
const P = 112;
const T = 116;

type Done = (error?: Error) => void;

/** A live socket on a chat that sends one message at a time and waits for its ack. */
export class SocketSender implements Lane {
  /** Acks seen so far, and events: `new_message` and typing. */
  acks = 0;
  events = 0;
  /** Hears every ack. */
  onAck: () => void = () => undefined;
  /** Hears every event. */
  onEvent: () => void = () => undefined;
  private typed = 0;
  private waiting: Done | null = null;
  private over: Error | null = null;
  private readonly frame: Buffer;
  private readonly counter: CounterField;

  private constructor(
    private readonly socket: LoadSocket,
    lane: string,
  ) {
    this.frame = maskedFrame(messageJson({ type: 'message' }, lane));
    this.counter = new CounterField(this.frame);
    socket.onFrame = (bytes, start, end) => this.frameCame(bytes, start, end);
    socket.onClose = (error) => {
      this.over = error;
      this.settle(error);
    };
  }

  /**
   * Opens the socket of a chat, or of all chats with null, and resolves when the server answers commands on it. `lane`
   * names the sender uniquely.
   */
  static async open(endpoint: Endpoint, chatId: number | null, token: string, lane: string): Promise<SocketSender> {
    const path = chatId === null ? '/api/v1/ws' : `/api/v1/ws/${chatId}`;
    const sender = new SocketSender(await LoadSocket.open(endpoint, path, token), lane);
    await new Promise<void>((resolve, reject) => {
      sender.waiting = (error) => (error === undefined ? resolve() : reject(error));
      sender.socket.send(PING);
    });
    return sender;
  }

  begin(done: Done): void {
    if (this.over !== null) return done(this.over);
    this.waiting = done;
    this.fire();
  }

  /** Sends without waiting for anything. */
  fire(): void {
    this.counter.advance();
    this.socket.send(this.frame);
  }

  /** Starts or stops typing, in turns, so that each frame is news to the others. */
  fireTyping(): void {
    const frame = TYPING[this.typed % 2];
    this.typed += 1;
    if (frame !== undefined) this.socket.send(frame);
  }

  /** Throws when the server closed the socket. */
  assertOpen(): void {
    if (this.over !== null) throw this.over;
  }

  close(): void {
    this.socket.close();
  }

  private frameCame(bytes: Buffer, start: number, end: number): void {
    switch (bytes[start + KIND]) {
      case A:
        this.acks += 1;
        this.onAck();
        this.settle();
        break;
      case N:
      case T:
        this.events += 1;
        this.onEvent();
        break;
      case P:
        if (bytes[start + KIND + 1] === 'o'.charCodeAt(0)) this.settle();
        break;
      case E:
        this.settle(new Error(`the server sent ${bytes.toString('utf8', start, end)}`));
        break;
      default:
        if (bytes.toString('latin1', start, start + KIND) !== PREFIX) {
          this.settle(new Error('a frame that does not begin with its type'));
        }
    }
  }

  private settle(error?: Error): void {
    const { waiting } = this;
    this.waiting = null;
    waiting?.(error);
  }
}
