import type { Binary, Collection } from 'mongodb';
import type { MessageDocument } from '../../../schema/mongo/messages.js';
import { toBinary } from './body-insert.js';

/** Anyone can have put there anything, and `$strLenBytes` fails the whole command over what is no text. */
const BYTES = { $cond: [{ $eq: [{ $type: '$content' }, 'string'] }, { $strLenBytes: '$content' }, 0] };

/** The lengths of contents by the hex of their ids; counted by MongoDB, about 3 ms for 1,000. */
export async function sizesOfBodies(
  messages: Collection<MessageDocument<Binary>>,
  ids: readonly Uint8Array[],
): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map();
  const found = await messages
    .aggregate<{ readonly _id: Buffer; readonly bytes: number }>(
      [{ $match: { _id: { $in: ids.map(toBinary) } } }, { $project: { bytes: BYTES } }],
      // All in one answer, and bytes as Buffers.
      { batchSize: ids.length + 1, promoteBuffers: true },
    )
    .toArray();
  return new Map(found.map(({ _id: id, bytes }) => [id.toString('hex'), bytes]));
}
