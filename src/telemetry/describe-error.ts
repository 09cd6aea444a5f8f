import { AppError } from '../domain/errors.js';
import { scrubError } from './scrub-error.js';
import { scrubText } from './scrub.js';

/**
 * One line for an operator about an error that stopped the start. Unlike in a log event, a plain error's message is shown:
 * at start-up nothing of a client's is in it, and credentials in addresses are cut out. A driver's own error shows
 * its code only.
 */
export function describeError(error: unknown): string {
  if (error instanceof AppError) return withCause(error.detail, error.cause);
  if (error instanceof Error && isPlain(error))
    return withCause(scrubText(error.message), error.cause) + hintFor(error);
  const { name, code, message } = scrubError(error);
  return [name, code, message].filter((part) => part !== undefined).join(' ');
}

/** Ours, or of the system (EADDRINUSE, EACCES ...); drivers throw classes of their own or other codes. */
function isPlain(error: Error): boolean {
  const code: unknown = 'code' in error ? error.code : undefined;
  if (code === undefined) return Object.getPrototypeOf(error) === Error.prototype && !('sqlState' in error);
  return typeof code === 'string' && /^E[A-Z]+$/.test(code);
}

function withCause(text: string, cause: unknown): string {
  if (cause === undefined) return text;
  const { name, code } = scrubError(cause);
  const reason = String(code ?? name);
  return text.includes(reason) ? text : `${text} (${reason})`;
}

/** Which setting is behind what the system says. */
function hintFor(error: Error): string {
  switch ('code' in error ? error.code : undefined) {
    case 'EADDRINUSE':
    case 'EACCES':
      return 'syscall' in error && error.syscall === 'listen' ? '; set PORT or HTTP_PORT to another one' : '';
    case 'ENOTFOUND':
    case 'EADDRNOTAVAIL':
      return '; HOST must be an address of this machine';
    default:
      return '';
  }
}
