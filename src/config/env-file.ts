import { parseEnv } from 'node:util';

/**
 * What a line gives other than it seems to: `cut`, a part of the value is left out; `comment`, what follows a blank and `#`
 * is; `quotes`, quotes that enclose nothing belong to the value; `again`, the line replaces one above it.
 */
export type Surprise = 'cut' | 'comment' | 'quotes' | 'again';

export interface EnvFile {
  readonly values: Readonly<Record<string, string | undefined>>;
  /** Numbers of the lines that set nothing and are no comment, from 1. */
  readonly junk: readonly number[];
  /** In the order of the file. */
  readonly surprises: readonly { readonly name: string; readonly line: number; readonly surprise: Surprise }[];
}

const SETTING = /^\s*(?:export\s+)?([^\s=#]+)\s*=\s*(.*)$/s;
const QUOTES = new Set(['"', "'", '`']);

/**
 * The text of a `.env` file, in the grammar of Node's own parser: a value in single, double or back quotes is taken as it
 * stands, one without quotes ends at the first `#`. Lines that are neither `NAME=value` nor a comment are left out and
 * told by number: Node's parser takes such a line (and an indented comment) for the beginning of the next name, so that the
 * setting below it would be lost without a word.
 */
export function parseEnvFile(text: string): EnvFile {
  // Some editors begin a file with a byte order mark, which would become part of the first name.
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const kept: string[] = [];
  const junk: number[] = [];
  const seen = new Set<string>();
  const surprises: EnvFile['surprises'][number][] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? '';
    const [, name, value] = SETTING.exec(line) ?? [];
    const isBlank = line.trim() === '' || line.trimStart().startsWith('#');
    const until = value === undefined ? at : endOfValue(lines, at, value);
    if (name !== undefined && value !== undefined) {
      const whole = lines.slice(at, until + 1);
      kept.push(...whole);
      const surprise = surpriseOf([value, ...whole.slice(1)].join('\n'));
      if (surprise !== null) surprises.push({ name, line: at + 1, surprise });
      if (seen.has(name)) surprises.push({ name, line: at + 1, surprise: 'again' });
      seen.add(name);
    } else if (!isBlank) junk.push(at + 1);
    at = until + 1;
  }
  return { values: parseEnv(kept.join('\n')), junk, surprises };
}

/** The line in which a quoted value ends; its own where it is not quoted, or the quote is never closed. */
function endOfValue(lines: readonly string[], at: number, value: string): number {
  const quote = value.slice(0, 1);
  if (!QUOTES.has(quote) || value.slice(1).includes(quote)) return at;
  const closing = lines.findIndex((line, index) => index > at && line.includes(quote));
  return closing < 0 ? at : closing;
}

function surpriseOf(value: string): Surprise | null {
  const quote = value.slice(0, 1);
  const closing = QUOTES.has(quote) ? value.indexOf(quote, 1) : -1;
  if (closing > 0) return /^\s*(#|$)/.test(value.slice(closing + 1)) ? null : 'cut';
  const hash = value.indexOf('#');
  if (hash > 0 && !/\s/.test(value.charAt(hash - 1))) return 'cut';
  if (hash >= 0) return 'comment';
  return /["'`]/.test(value) ? 'quotes' : null;
}
