import type { SystemStats } from '../domain/stats.js';
import { presentSocketStats } from './stats.js';

/** Figures for those who run the server: counts, ages and times, nothing about anyone. */
export function presentSystemStats(stats: SystemStats): object {
  const { version, uptimeMs, sockets, erase, sweep, unreadable } = stats;
  return {
    version,
    uptime_seconds: Math.floor(uptimeMs / 1_000),
    sockets: presentSocketStats(sockets),
    erase: {
      waiting: erase.waiting,
      oldest_seconds: Math.round(erase.oldestMs / 1_000),
      erased: erase.erased,
      forgotten: erase.forgotten,
      age_p50_ms: erase.ageP50Ms,
      age_p99_ms: erase.ageP99Ms,
      paused_until: erase.pausedUntil,
    },
    sweep: {
      last_pass_at: sweep.lastPassAt,
      full_pass_due_at: sweep.fullPassDueAt,
      orphans_removed: sweep.orphansRemoved,
      leftovers_removed: sweep.leftoversRemoved,
      undecided: sweep.undecided,
      malformed: sweep.malformed,
    },
    unreadable_bodies: { reads: unreadable.reads, messages: unreadable.messages },
  };
}
