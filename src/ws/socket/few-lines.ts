import type { Logger } from '../../ports/logger.js';

/** Failures of one socket that are worth a line each; a client may cause fifty a second, which say nothing new. */
const MOST = 10;

/** The log of one socket's failures, which its client cannot fill. */
export class FewLines implements Pick<Logger, 'warn' | 'error'> {
  private lines = 0;

  constructor(private readonly logger: Logger) {}

  warn(facts: object, message: string): void {
    if (this.mayWrite()) this.logger.warn(facts, message);
  }

  error(facts: object, message: string): void {
    if (this.mayWrite()) this.logger.error(facts, message);
  }

  private mayWrite(): boolean {
    this.lines += 1;
    if (this.lines === MOST + 1) this.logger.warn({ lines: MOST }, 'further failures of this socket are not logged');
    return this.lines <= MOST;
  }
}
