import type { SqlValue, Statement } from '../../database.js';

/**
 * A statement with its values written into it, for packets and for texts that change with the number of their values. No
 * text is escaped: what is safe behind a backslash in one character set ends the text in another (gbk, sjis, big5,
 * gb18030), and the server may read in another than we write. So texts and bytes stand as hexadecimal digits, numbers and
 * moments as decimal ones, which mean the same in every character set and sql_mode. The introducer gives a text the
 * character set and the collation that a bound one has in our sessions.
 * A `?` stands in our texts for a value only. Throws TypeError where the two do not match and for a number that SQL has no
 * word for.
 */
export function withLiterals({ text, values }: Statement): string {
  const parts = text.split('?');
  if (parts.length !== values.length + 1) throw new TypeError('a statement has one value for each placeholder');
  let written = parts[0] ?? '';
  for (const [index, value] of values.entries()) written += literal(value) + (parts[index + 1] ?? '');
  return written;
}

function literal(value: SqlValue): string {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('not a number of SQL');
      return String(value);
    case 'string':
      return `_utf8mb4 X'${Buffer.from(value, 'utf8').toString('hex')}'`;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'NULL';
      if (value instanceof Date) return `'${value.toISOString().slice(0, 23).replace('T', ' ')}'`;
      return `X'${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}'`;
    default:
      return value satisfies never;
  }
}
