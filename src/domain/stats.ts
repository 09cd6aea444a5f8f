import type { CloseName } from '../protocol/close-codes.js';

/** What removing filed bodies comes to. */
export interface EraseFigures {
  /** Due and not erased yet, on all nodes together, and for how long the oldest has been due. */
  readonly waiting: number;
  readonly oldestMs: number;
  /** By this process since its start. */
  readonly erased: number;
  /** Entries of erased bodies that are gone by now, of all processes together. */
  readonly forgotten: { readonly superseded: number; readonly deleted: number };
  /** How long the last 1,024 of them had been due when they were gone; null before the first. */
  readonly ageP50Ms: number | null;
  readonly ageP99Ms: number | null;
  /** The end of the lease of a backup under way, or null. */
  readonly pausedUntil: Date | null;
}

/** What looking for orphaned bodies comes to. */
export interface SweepFigures {
  /** The end of the last complete pass of this process; null before the first. */
  readonly lastPassAt: Date | null;
  /** When all bodies have to be looked through again, on whichever node; null: now. */
  readonly fullPassDueAt: Date | null;
  /** Removed by this process since its start: never named, and filed as erased but there again. */
  readonly orphansRemoved: number;
  readonly leftoversRemoved: number;
  /** In the last complete pass: left to the next one, and documents that Parley did not write. */
  readonly undecided: number;
  readonly malformed: number;
}

/** What the sockets of a process come to; ports/presence.ts says what each means. */
export interface SocketFigures {
  readonly onlineUsers: number;
  readonly totalConnections: number;
  readonly queuedBytes: { readonly total: number; readonly max: number };
  readonly closes: Readonly<Partial<Record<CloseName, number>>>;
  readonly gapFills: number;
}

/** Figures of this process for those who run it. */
export interface SystemStats {
  readonly version: string;
  readonly uptimeMs: number;
  readonly sockets: SocketFigures;
  readonly erase: EraseFigures;
  readonly sweep: SweepFigures;
  /** Messages that readers got without their content: how often, and how many different ones. */
  readonly unreadable: { readonly reads: number; readonly messages: number };
}
