import type { ReadShare } from '../ports/read-share.js';

/** Text that is made in one step: 256 KiB of it and its bytes take 1 to 2 ms. */
const PIECE_LENGTH = 256 * 1024;
/** An answer, its chats, a chat: below them only lists are long, and an item of a list is made at once. */
const DEPTH = 4;

/** The bytes of `JSON.stringify(value)`, made in steps of the reader's share: 4 MB at once hold the loop for 10 ms. */
export async function encodeInPieces(value: object, share: Pick<ReadShare, 'step'>): Promise<Buffer> {
  const texts = textsOf(value, DEPTH);
  const pieces: Buffer[] = [];
  for (let isDone = false; !isDone;) {
    await share.step(() => {
      const { text, isLast } = nextPiece(texts);
      pieces.push(Buffer.from(text));
      isDone = isLast;
      return Promise.resolve();
    });
  }
  return Buffer.concat(pieces);
}

function nextPiece(texts: Iterator<string>): { readonly text: string; readonly isLast: boolean } {
  let text = '';
  while (text.length < PIECE_LENGTH) {
    const { value, done } = texts.next() as IteratorResult<string, undefined>;
    if (done === true) return { text, isLast: true };
    text += value;
  }
  return { text, isLast: false };
}

/** What JSON.stringify makes of plain objects, lists and values, item by item. */
function* textsOf(value: unknown, depth: number): Generator<string, undefined> {
  if (depth === 0 || typeof value !== 'object' || value === null || 'toJSON' in value) {
    yield JSON.stringify(value) ?? 'null';
    return;
  }
  if (Array.isArray(value)) {
    yield '[';
    for (const [index, item] of value.entries()) {
      if (index > 0) yield ',';
      yield JSON.stringify(item) ?? 'null';
    }
    yield ']';
    return;
  }
  yield* membersOf(value, depth);
}

function* membersOf(value: object, depth: number): Generator<string, undefined> {
  yield '{';
  let isFirst = true;
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    yield `${isFirst ? '' : ','}${JSON.stringify(key)}:`;
    isFirst = false;
    yield* textsOf(member, depth - 1);
  }
  yield '}';
}
