import type { Socket } from '../../ports/listener.js';
import { toTicks } from '../ticker.js';

/** A socket that was heard of is asked this often whether it reads as well. */
const ASK_TICKS = toTicks(10_000);
/** Time for the answer; together with the pause before the question a reader that stalls is found within 30 s. */
const ANSWER_TICKS = toTicks(18_000);

/**
 * Finds peers that send and never read. The transport's own time-out is no help, each frame of theirs starts it anew, and
 * their queue here stays empty for as long as buffers on the way take what is sent. A ping is answered only by who reads
 * up to it. Silent sockets are not asked: 10,000 idle ones would cost a thousand pings a second.
 */
export class ReadProof {
  private ticks = 0;
  private state: 'silent' | 'heard' | 'asked' = 'silent';

  /** The peer has sent a frame. */
  heard(): void {
    if (this.state === 'silent') this.state = 'heard';
  }

  /** The peer has read up to the question. */
  answered(): void {
    if (this.state !== 'asked') return;
    this.state = 'silent';
    this.ticks = 0;
  }

  /** To be called once per tick. False: the peer does not read. */
  tick(socket: Pick<Socket, 'ping'>): boolean {
    if (this.state === 'silent') {
      if (this.ticks < ASK_TICKS) this.ticks += 1;
      return true;
    }
    this.ticks += 1;
    if (this.state === 'asked') return this.ticks <= ANSWER_TICKS;
    if (this.ticks >= ASK_TICKS) {
      this.state = 'asked';
      this.ticks = 0;
      socket.ping();
    }
    return true;
  }
}
