import { Binary, type Collection } from 'mongodb';
import type { MessageDocument as DocumentOf } from '../../../schema/mongo/messages.js';
import type { BodyBatch, ListedBody } from '../../ports/body-store.js';

type MessageDocument = DocumentOf<Binary>;
/** Anyone can have put anything there. */
type Found = Partial<Record<keyof MessageDocument, unknown>>;

const LENGTH = 16;
const LOWEST = new Binary(new Uint8Array(LENGTH), Binary.SUBTYPE_UUID);
const HIGHEST = new Binary(new Uint8Array(LENGTH).fill(0xff), Binary.SUBTYPE_UUID);

/**
 * A step of the walk over all bodies, by the index of `_id`. MongoDB orders binary values by length, then subtype, then
 * bytes, so both bounds keep it among UUIDs; a document with an `_id` of another kind is none of ours and not seen.
 */
export async function walkMongoBodies(
  messages: Collection<MessageDocument>,
  after: Uint8Array | null,
  limit: number,
): Promise<BodyBatch> {
  const from = after === null ? { $gte: LOWEST } : { $gt: new Binary(after, Binary.SUBTYPE_UUID) };
  const found = await messages
    // All in one answer, and bytes as Buffers: the driver makes an object with a checked text of a UUID otherwise.
    .find({ _id: { ...from, $lte: HIGHEST } }, { batchSize: limit, promoteBuffers: true })
    .project<Found>({ message_id: 1, chat_id: 1 })
    .sort({ _id: 1 })
    .limit(limit)
    .toArray();
  const bodies = found.flatMap((document) => listed(document) ?? []);
  const last = found.at(-1)?._id;
  const next = found.length === limit && last instanceof Uint8Array ? last : null;
  return { bodies, malformed: found.length - bodies.length, next };
}

function listed(document: Found): ListedBody | null {
  const { _id: id, message_id: messageId, chat_id: chatId } = document;
  if (!(id instanceof Uint8Array && isUuid(messageId) && typeof chatId === 'number')) return null;
  return { id, messageId, chatId };
}

function isUuid(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === LENGTH;
}
