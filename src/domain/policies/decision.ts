import { AppError } from '../errors.js';
import type { ErrorCode } from '../../protocol/error-codes.js';

/** The answer to "may X do Y", with the reason a refused caller is told. */
export type Decision =
  { readonly allowed: true } | { readonly allowed: false; readonly code: ErrorCode; readonly detail?: string };

export const ALLOWED: Decision = { allowed: true };

export function refuse(code: ErrorCode, detail?: string): Decision {
  return detail === undefined ? { allowed: false, code } : { allowed: false, code, detail };
}

/** Throws the refusal as the AppError that edges understand. */
export function enforce(decision: Decision): void {
  if (decision.allowed) return;
  throw new AppError(decision.code, decision.detail === undefined ? {} : { detail: decision.detail });
}
