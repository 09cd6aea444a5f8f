import type { Logger } from '../../ports/logger.js';
import { ERROR_CODES } from '../../protocol/error-codes.js';
import type { HttpMiddleware } from '../context.js';
import { answerError, toAppError } from '../errors.js';

/** Whatever is thrown below becomes a problem document here, and what is our fault goes to the log. */
export function errorAnswers(logger: Logger): HttpMiddleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (thrown) {
      const error = toAppError(thrown);
      if (ERROR_CODES[error.code].status >= 500 && ctx.state.mayLog) {
        const { requestId, route } = ctx.state;
        const facts = { requestId, route, code: error.code, err: error.cause ?? error };
        if (error.code === 'internal') logger.error(facts, 'a request failed because of a bug');
        else logger.warn(facts, 'a request could not be served');
      }
      const answer = answerError(error, ctx.state.route);
      ctx.set(answer.headers);
      ctx.status = answer.status;
      ctx.body = answer.body;
    }
  };
}
