import { LIMITS } from '../../protocol/limits.js';
import type { SocketLimits } from '../types.js';
import type { ChatFeed } from './chat-feed.js';

/** How many chats one inbox socket follows. */
export interface Places {
  /** Those whose events it is sent. */
  readonly loud: number;
  /** With the quiet ones. */
  readonly all: number;
}

export function placesOf({ inbox }: Pick<SocketLimits, 'inbox'>): Places {
  const { loud, quiet } = inbox ?? { loud: LIMITS.inboxChats, quiet: LIMITS.inboxQuietChats };
  return { loud, all: loud + quiet };
}

/** The feed that has to give way first; undefined: there is none. */
export function leastActive(feeds: readonly ChatFeed[]): ChatFeed | undefined {
  return feeds.reduce<ChatFeed | undefined>(
    (least, feed) => (least === undefined || feed.activeAt < least.activeAt ? feed : least),
    undefined,
  );
}

export function mostActiveFirst(feeds: readonly ChatFeed[]): readonly ChatFeed[] {
  return [...feeds].sort((a, b) => b.activeAt - a.activeAt);
}

export function isLoud({ isQuiet }: ChatFeed): boolean {
  return !isQuiet;
}
