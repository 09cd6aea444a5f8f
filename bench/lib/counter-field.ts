const DIGITS = 12;
const HOLE = '#'.repeat(DIGITS);

/**
 * A number of fixed width inside a prepared request, counted up in place: each request is different without being
 * encoded again.
 */
export class CounterField {
  static readonly hole = HOLE;
  private next = 0;
  private readonly offset: number;

  /** `bytes` holds {@link CounterField.hole} once. */
  constructor(private readonly bytes: Buffer) {
    this.offset = bytes.indexOf(HOLE, 0, 'latin1');
    if (this.offset < 0) throw new Error('the request has no place for a counter');
    this.advance();
  }

  /** Puts the next number into the bytes. */
  advance(): void {
    let rest = this.next;
    this.next += 1;
    for (let index = this.offset + DIGITS - 1; index >= this.offset; index -= 1) {
      this.bytes[index] = 48 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
}
