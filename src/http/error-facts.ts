/** What the log may know about an error: no message, since drivers put the submitted values into theirs. */
export interface ErrorFacts {
  readonly name: string;
  readonly code?: string | number;
  /** Stack frames without the header line, which repeats the message. */
  readonly frames?: readonly string[];
  readonly cause?: ErrorFacts;
}

const MAX_CAUSES = 3;
const MAX_FRAMES = 12;
const PLAIN_WORD = /^[A-Za-z0-9_.-]{1,64}$/;

/** Names, codes and places of an error and what caused it. */
export function errorFacts(error: unknown, depth = 0): ErrorFacts {
  if (!(error instanceof Error)) return { name: typeof error };
  const code: unknown = 'code' in error ? error.code : undefined;
  const frames = framesOf(error);
  return {
    name: PLAIN_WORD.test(error.name) ? error.name : 'Error',
    ...(typeof code === 'number' || (typeof code === 'string' && PLAIN_WORD.test(code)) ? { code } : {}),
    ...(frames.length > 0 ? { frames } : {}),
    ...(error.cause !== undefined && depth < MAX_CAUSES ? { cause: errorFacts(error.cause, depth + 1) } : {}),
  };
}

/** A message may itself hold lines that look like frames: only what stands after the whole message counts. */
function framesOf(error: Error): readonly string[] {
  const stack = error.stack ?? '';
  const start = stack.indexOf(error.message);
  if (start < 0) return [];
  return stack
    .slice(start + error.message.length)
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim());
}
