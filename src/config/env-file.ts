import { parseEnv } from 'node:util';

export interface EnvFile {
  readonly values: Readonly<Record<string, string | undefined>>;
  /** Numbers of the lines that set nothing and are no comment, from 1. */
  readonly junk: readonly number[];
}

const SETTING = /^\s*(?:export\s+)?[^\s=#]+\s*=\s*(.*)$/s;
const QUOTES = new Set(['"', "'", '`']);

/**
 * The text of a `.env` file. Lines that are neither `NAME=value` nor a comment are left out and told by number: Node's parser
 * takes such a line (and an indented comment) for the beginning of the next name, so that the setting below it would be
 * lost without a word.
 */
export function parseEnvFile(text: string): EnvFile {
  // Some editors begin a file with a byte order mark, which would become part of the first name.
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const kept: string[] = [];
  const junk: number[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? '';
    const value = SETTING.exec(line)?.[1];
    const isBlank = line.trim() === '' || line.trimStart().startsWith('#');
    const until = value === undefined ? at : endOfValue(lines, at, value);
    if (value !== undefined) kept.push(...lines.slice(at, until + 1));
    else if (!isBlank) junk.push(at + 1);
    at = until + 1;
  }
  return { values: parseEnv(kept.join('\n')), junk };
}

/** The line in which a quoted value ends; its own where it is not quoted, or the quote is never closed. */
function endOfValue(lines: readonly string[], at: number, value: string): number {
  const quote = value.slice(0, 1);
  if (!QUOTES.has(quote) || value.slice(1).includes(quote)) return at;
  const closing = lines.findIndex((line, index) => index > at && line.includes(quote));
  return closing < 0 ? at : closing;
}
