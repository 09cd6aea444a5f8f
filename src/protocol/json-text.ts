import { LIMITS } from './limits.js';

/** Why a text is refused before anything parses it. */
export type JsonFault = 'too_deep' | 'too_many_keys' | 'repeated_key';

/** No command has a tenth of this; a hundred thousand keys cost a parser far more than they cost their sender. */
const MAX_KEYS = 1_000;

const BACKSLASH = 0x5c;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes as text, or null where they are not UTF-8 or start with a byte order mark (RFC 8259, section 8.1). */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    const text = decoder.decode(bytes);
    return text.startsWith('\uFEFF') ? null : text;
  } catch {
    return null;
  }
}

/**
 * Looks at JSON text without parsing it: nesting above LIMITS.jsonDepth, too many keys, or an object that names a key
 * twice (two readers of one text could then see two different commands). One pass, no recursion. Text that is no JSON
 * may pass; the parser refuses it afterwards.
 */
export function findJsonFault(text: string): JsonFault | null {
  // One entry per open bracket: the keys of an object so far, null for a list.
  const open: (Set<string> | null)[] = [];
  let keys = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charAt(at)) {
      case '{':
        open.push(new Set());
        break;
      case '[':
        open.push(null);
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case '"': {
        const end = endOfString(text, at);
        const names = open.at(-1);
        if (names != null && isFollowedByColon(text, end)) {
          const name = keyName(text.slice(at, end));
          if (names.has(name)) return 'repeated_key';
          names.add(name);
          keys += 1;
          if (keys > MAX_KEYS) return 'too_many_keys';
        }
        at = end - 1;
        break;
      }
      default:
    }
    if (open.length > LIMITS.jsonDepth) return 'too_deep';
  }
  return null;
}

/** Index after the closing quote; the end of the text where there is none. */
function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at > 0 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at < 0 ? text.length : at + 1;
}

/** After an odd number of backslashes; those before another quote are not counted again. */
function isEscaped(text: string, quote: number): boolean {
  let before = quote;
  while (text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
  return (quote - before) % 2 === 1;
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from;
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1;
  return text.charAt(at) === ':';
}

/** `"\u0061"` and `"a"` are the same key. */
function keyName(quoted: string): string {
  if (!quoted.includes('\\')) return quoted;
  try {
    return JSON.stringify(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}
