import type { FrameId } from '../errors.js';
import type { ResumeCommand } from '../feeds/scope.js';
import type { CommandContext } from './context.js';

/** Ends with a frame of its own that carries the id: `ready`, `resync_required` or `inbox_ready`. */
export async function handleResume(
  command: ResumeCommand,
  { scope }: CommandContext,
  id: FrameId | undefined,
): Promise<null> {
  await scope.resume(command, id);
  return null;
}
