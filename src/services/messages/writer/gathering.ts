/** More turns add latency to a lone send and gather little: a prototype measured no gain above four. */
const TURNS = 4;
/** Fewer senders than this gain nothing by waiting for each other. */
const COMPANY = 8;
/** More than this are not waited for: the price of a batch is spread by then, and the databases would only stand idle. */
const ENOUGH = 64;
/** Longest wait, as a share of what the last batch took, and in milliseconds: a sender nearby answers well within it. */
const SHARE = 1 / 3;
const MOST_MS = 2;
/** Turns in which the answers and events of the last batch are encoded and written: they come before anybody can answer. */
const LEAVING = 3;
/** Of those expected, how many have to come for the wait to have been worth it. */
const WORTH = 0.75;
/** After waits in vain the next ones are left out: twice as many each time, up to this. */
const MOST_LEFT_OUT = 64;

/**
 * How long the next batch stays open.
 *
 * At first the loop turns a few times, as long as sends keep coming in: they have arrived already and only need reading.
 * Then those are waited for that have just been answered, if there were several. Senders that send again after each
 * answer otherwise fall into two groups that take turns, one waiting while the other is written: batches of half the size
 * at nearly the same price each (64 in flight: 34 in a batch without this). There is no timer: the wait is turns of
 * the loop, bounded, and left out where it was in vain, so senders that are far away or do not wait for answers pay
 * for one in 65 batches.
 */
export class Gathering {
  private expected = 0;
  private boundMs = 0;
  private endedAt = -Infinity;
  private vain = 0;
  private leftOut = 0;

  constructor(
    private readonly queue: { readonly length: number },
    private readonly most: number,
    /** Monotonic, in milliseconds. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** A batch of `size` that took `ms` has been answered; what waits now has arrived meanwhile. */
  answered(size: number, ms: number): void {
    this.expected = size < COMPANY ? 0 : Math.min(ENOUGH, size + this.queue.length);
    this.boundMs = Math.min(MOST_MS, ms * SHARE);
    this.endedAt = this.now();
  }

  /** Resolves when the next batch is to go. */
  async wait(): Promise<void> {
    const isInTime = this.now() - this.endedAt < MOST_MS + this.boundMs;
    for (let turn = 0; turn < TURNS; turn += 1) {
      const before = this.queue.length;
      await nextTurn();
      if (this.queue.length >= this.most) return;
      if (this.queue.length === before) break;
    }
    if (isInTime && this.queue.length < this.expected) await this.waitForCompany();
  }

  private async waitForCompany(): Promise<void> {
    if (this.leftOut > 0) {
      this.leftOut -= 1;
      return;
    }
    for (let turn = 0; turn < LEAVING; turn += 1) await nextTurn();
    const until = this.now() + this.boundMs;
    while (this.queue.length < this.expected && this.now() < until) await nextTurn();
    this.vain = this.queue.length < this.expected * WORTH ? Math.min(MOST_LEFT_OUT, Math.max(1, this.vain * 2)) : 0;
    this.leftOut = this.vain;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
