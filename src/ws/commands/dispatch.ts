import { AppError } from '../../domain/errors.js';
import type { ErrorCode } from '../../protocol/error-codes.js';
import type { ServerFrame } from '../../protocol/events.js';
import { isWellFormed } from '../../protocol/text-rules.js';
import { parseFrame, type RawFrame } from '../codec.js';
import { isUnexpected, toErrorFrame, type FrameId } from '../errors.js';
import type { CommandContext } from './context.js';
import { commandOf } from './index.js';

const MAX_ID_LENGTH = 64;

/**
 * One frame to its one reply (null: the command needs none). Handlers return or throw; only here do they become an
 * `ack`, a `pong` or an `error` with the frame's `id`. Never rejects. Everything up to the handler's first wait happens
 * within the call: `data` may be gone afterwards, and one socket's sends reach the writer in the order of its frames.
 * `refusal`: why nothing new is begun now; the reply then only carries the id.
 */
export async function dispatchFrame(
  context: CommandContext,
  data: Uint8Array,
  binary: boolean,
  refusal: ErrorCode | null,
): Promise<ServerFrame | null> {
  let id: FrameId | undefined;
  try {
    const frame = parseFrame(data, binary);
    id = idOf(frame);
    if (refusal !== null) throw new AppError(refusal);
    const { id: _id, type, ...fields } = frame;
    const command = commandOf(type);
    const taken = command.work === null ? undefined : context.limiter.take(context.actor.userId, command.work);
    if (taken !== undefined) await taken;
    const reply = await command.run(fields, context, id);
    return reply === null || id === undefined ? reply : { ...reply, id };
  } catch (error) {
    if (isUnexpected(error)) {
      context.logger.error({ err: error, userId: context.actor.userId }, 'a command failed');
    }
    return toErrorFrame(error, id, new Date(context.clock.now()).toISOString());
  }
}

function idOf(frame: RawFrame): FrameId | undefined {
  if (!Object.hasOwn(frame, 'id')) return undefined;
  const { id } = frame;
  if (typeof id === 'number' && Number.isSafeInteger(id)) return id;
  if (typeof id === 'string' && id.length <= MAX_ID_LENGTH && isWellFormed(id)) return id;
  throw new AppError('validation_failed', { detail: 'id must be a string of at most 64 characters or an integer' });
}
