/**
 * Named places between two steps of a durable change, where a crash, a pause or an error must do no harm. In production
 * nothing happens there; fault tests stop the process, wait or throw. Every name is hit somewhere in src, and every
 * hit has its name here (test/architecture).
 */
export const FAILPOINTS = [
  // A batch of sends: stores/sql/messages.
  'append.before_bodies',
  'append.after_bodies',
  'append.locked',
  'append.inserted',
  'append.before_commit',
  'append.after_commit',
  // The writer: services/messages/writer.ts.
  'writer.before_ack',
  'writer.after_ack',
  // Editing and deleting one message.
  'edit.before_body',
  'edit.after_body',
  'edit.before_commit',
  'edit.after_commit',
  'remove.before_commit',
  'remove.after_commit',
  // Erasing filed bodies.
  'erase.before_delete',
  'erase.after_delete',
  'erase.after_mark',
  // Changes of a chat and who is in it.
  'chat.before_commit',
  'chat.after_commit',
  'chat.before_publish',
  // Orphaned bodies.
  'sweep.before_lock',
  'sweep.before_delete',
  'sweep.after_delete',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

export interface Failpoints {
  /** Awaited at the place. A rejection counts as the failure of the step that follows. */
  hit(name: Failpoint): Promise<void> | void;
}

export const NO_FAILPOINTS: Failpoints = { hit: () => undefined };
