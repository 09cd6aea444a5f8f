import { AppError, type AppErrorOptions } from '../../domain/errors.js';
import type { Work } from '../../ports/limiter.js';
import type { FieldProblem } from '../../protocol/error-codes.js';
import {
  clientMessageIdField,
  contentField,
  integerField,
  objectOf,
  textField,
  validate,
  withRule,
  type Validated,
} from '../../protocol/fields.js';
import type { RawFrame } from '../codec.js';
import type { FrameId } from '../errors.js';
import type { CommandContext, CommandReply } from './context.js';
import { handleMessage } from './message.js';
import { handlePing } from './ping.js';
import { handleRead } from './read.js';
import { handleResume } from './resume.js';
import { handleTyping } from './typing.js';
import { checkResume } from './resume-fields.js';

/** One kind of frame that clients may send. */
export interface Command {
  /** Whose limit it takes from; null: no work to speak of, the frames of a socket are counted anyway. */
  readonly work: Work | null;
  /**
   * Validates the frame's fields (all but `id` and `type`) and runs the handler. Throws or rejects with AppError.
   * `id`: for handlers whose last frame carries it.
   */
  run(fields: RawFrame, context: CommandContext, id: FrameId | undefined): Promise<CommandReply> | CommandReply;
}

/** May be left out on a socket of one chat, and has to be there on one of all chats. */
const chat_id = integerField(1);
const typingContent = withRule(
  textField(),
  'not_a_choice',
  'Must be "start" or "stop"',
  (text) => text === 'start' || text === 'stop',
).defined();

const messageFields = objectOf({ chat_id, content: contentField(), client_message_id: clientMessageIdField() });
const typingFields = objectOf({ chat_id, content: typingContent });
const pingFields = objectOf({ chat_id });
const readFields = objectOf({ chat_id, seq: integerField(0).defined() });

/** Every command of a socket, by its `type`. All of them are for the authenticated member that opened the socket. */
const COMMANDS: ReadonlyMap<unknown, Command> = new Map([
  ['message', command('send', (fields: RawFrame) => validate(messageFields, fields), handleMessage)],
  ['typing', command('read', (fields: RawFrame) => validate(typingFields, fields), handleTyping)],
  ['ping', command(null, (fields: RawFrame) => validate(pingFields, fields), handlePing)],
  ['read', command('read', (fields: RawFrame) => validate(readFields, fields), handleRead)],
  ['resume', command('changes', checkResume, handleResume)],
]);

/** The types that clients may send. */
export const COMMAND_TYPES: readonly unknown[] = [...COMMANDS.keys()];

/** A name is repeated to the client only when it can be nothing but a name. */
const TYPE_NAME = /^[a-z_]{1,32}$/;

/** Throws `unknown_type`. */
export function commandOf(type: unknown): Command {
  const known = COMMANDS.get(type);
  if (known !== undefined) return known;
  const isName = typeof type === 'string' && TYPE_NAME.test(type);
  throw new AppError('unknown_type', isName ? { detail: `Unknown message type: ${type}` } : {});
}

function command<T>(
  work: Work | null,
  check: (fields: RawFrame) => Validated<T>,
  handle: (command: T, context: CommandContext, id: FrameId | undefined) => Promise<CommandReply> | CommandReply,
): Command {
  return {
    work,
    run(fields, context, id) {
      const result = check(fields);
      if (!result.ok) throw new AppError('validation_failed', describe(result.problems));
      return handle(result.value, context, id);
    },
  };
}

/** An `error` frame has one sentence, so it names the first problem. */
function describe(problems: readonly FieldProblem[]): AppErrorOptions {
  const first = problems[0];
  if (first === undefined) return { errors: problems };
  return { errors: problems, detail: first.path === '' ? first.message : `${first.path}: ${first.message}` };
}
