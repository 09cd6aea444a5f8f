import { LIMITS, parseId } from '../protocol/limits.js';
import type { Handshake } from '../ports/listener.js';
import type { ResumeFrom } from '../services/services.js';
import type { SocketTarget } from './feeds/open-scope.js';

const PATH = /^\/api\/v1\/ws(?:\/([^/]+))?\/?$/;

/** A rev in its one canonical form; 2^53 and above are none. */
const REV = /^(?:0|[1-9][0-9]{0,15})$/;

/** Whether a path is a socket's. */
export function isSocketPath(path: string): boolean {
  return PATH.test(path);
}

/**
 * What an upgrade asks for: the path names a chat or none, the query may name a rev to read on from and the data set it
 * is from. Each may be given once. A socket of all chats reads on by command, so a `since_rev` there is malformed.
 */
export function targetOf({ path, query }: Pick<Handshake, 'path' | 'query'>): SocketTarget {
  const segment = PATH.exec(path)?.[1];
  const from = fromOf(new URLSearchParams(query));
  if (from === 'malformed' || (segment === undefined && from !== null)) return { kind: 'malformed' };
  return segment === undefined ? { kind: 'inbox' } : { kind: 'chat', chatId: parseId(segment), from };
}

function fromOf(query: URLSearchParams): ResumeFrom | null | 'malformed' {
  const revs = query.getAll('since_rev');
  const epochs = query.getAll('epoch');
  const [text] = revs;
  const [epoch = null] = epochs;
  if (revs.length > 1 || epochs.length > 1 || (epoch !== null && epoch.length > LIMITS.epochMax)) return 'malformed';
  if (text === undefined) return epoch === null ? null : 'malformed';
  const rev = Number(text);
  return REV.test(text) && Number.isSafeInteger(rev) ? { rev, epoch } : 'malformed';
}
