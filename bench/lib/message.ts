import { CounterField } from './counter-field.js';

/** 200 printable bytes, the message of every scenario. */
export const CONTENT = 'The quick brown fox jumps over the lazy dog, 0123456789; '.repeat(4).slice(0, 200);

/** Unique in a run: another run over the same data would meet its client_message_ids as duplicates. */
const RUN = Date.now().toString(36);

/** A send as JSON with a place for the counter that makes each client_message_id different. */
export function messageJson(fields: object, lane: string): string {
  return JSON.stringify({ ...fields, content: CONTENT, client_message_id: `${RUN}-${lane}-${CounterField.hole}` });
}
