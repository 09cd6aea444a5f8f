/*
 * How texts are found that contain a searched one, without looking at every text: beside each text lie the hashes of the
 * short pieces that it consists of, its grams. What contains another text has all grams of that text, in any script and
 * with emoji, because a piece is made of code points. The reverse does not hold, so what is found is compared with the text.
 *
 * Pieces are every two neighbouring code points, white space among them, and every three that hold none: a question of two
 * is answered by its pair, a longer one by the triples of its words, of which each is much rarer, and by the pairs at the
 * gaps between them. A run of white space counts as one space. Texts come folded: by `searchText` for people.
 *
 * Grams are stored. Whoever changes what a piece is, or the hash, has to write all of them again.
 */

const WHITE_SPACE = /\s+/gu;
const SPACE = 0x20;

/** The grams under which a text is found, each once, in ascending order; none for fewer than two code points. */
export function gramsOf(text: string, maxCodePoints = Number.MAX_SAFE_INTEGER): readonly number[] {
  const points = codePointsOf(text, maxCodePoints);
  const grams = new Set<number>();
  for (let at = 0; at + 1 < points.length; at += 1) {
    grams.add(gramAt(points, at, 2));
    if (isTriple(points, at)) grams.add(gramAt(points, at, 3));
  }
  return ascending(grams);
}

/**
 * The grams that lead to the texts that contain this one, each once, in ascending order: triples, and pairs where no triple
 * of the question holds them. None for fewer than two code points.
 */
export function gramsToAsk(text: string): readonly number[] {
  const points = codePointsOf(text, Number.MAX_SAFE_INTEGER);
  const grams = new Set<number>();
  for (let at = 0; at + 1 < points.length; at += 1) {
    if (isTriple(points, at)) grams.add(gramAt(points, at, 3));
    else if (at === 0 || !isTriple(points, at - 1)) grams.add(gramAt(points, at, 2));
  }
  return ascending(grams);
}

function codePointsOf(text: string, most: number): readonly number[] {
  const points: number[] = [];
  for (const character of text.replace(WHITE_SPACE, ' ')) {
    if (points.length >= most) break;
    points.push(character.codePointAt(0) ?? SPACE);
  }
  return points;
}

function isTriple(points: readonly number[], at: number): boolean {
  if (at + 2 >= points.length) return false;
  return points[at] !== SPACE && points[at + 1] !== SPACE && points[at + 2] !== SPACE;
}

/** MurmurHash3 (x86, 32 bits, seed 0) of the code points as 32-bit words: the pair and the triple of a text never meet by rule. */
function gramAt(points: readonly number[], from: number, count: number): number {
  let hash = 0;
  for (let at = from; at < from + count; at += 1) {
    let word = Math.imul(points[at] ?? 0, 0xcc9e2d51);
    word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
    hash ^= word;
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  hash ^= count * 4;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function ascending(grams: ReadonlySet<number>): readonly number[] {
  return Array.from(grams).sort((one, other) => one - other);
}
