import { ERROR_CODES, type ErrorCode, type FieldProblem } from '../protocol/error-codes.js';

export interface AppErrorOptions {
  /** One sentence for this occurrence; the registry's otherwise. Never holds a submitted value. */
  readonly detail?: string;
  readonly errors?: readonly FieldProblem[];
  /** Seconds, for Retry-After. */
  readonly retryAfter?: number;
  /** Further members of the problem document, those of ProblemResource; never a submitted value. */
  readonly members?: Readonly<Record<string, string | number>>;
  readonly cause?: unknown;
}

/**
 * The one error that leaves a service or store on purpose. Its code comes from the registry; edges turn it into a
 * problem document or an `error` frame. Anything else that is thrown is a bug and answers `internal`.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors: readonly FieldProblem[] | undefined;
  readonly retryAfter: number | undefined;
  readonly members: Readonly<Record<string, string | number>> | undefined;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    const detail = options.detail ?? ERROR_CODES[code].detail;
    super(detail, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.detail = detail;
    this.errors = options.errors;
    this.retryAfter = options.retryAfter;
    this.members = options.members;
  }
}

/** As clients are told: whole seconds, never earlier than it is true. */
export function retryAfterSeconds(seconds: number): number {
  return Math.max(1, Math.ceil(seconds));
}
