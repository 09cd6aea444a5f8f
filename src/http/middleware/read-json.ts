import { HttpMethodEnum, koaBody } from 'koa-body';
import type { Context } from 'koa';
import { AppError } from '../../domain/errors.js';
import { decodeUtf8, findJsonFault } from '../../protocol/json-text.js';
import { LIMITS } from '../../protocol/limits.js';
import { BodyReplay } from '../body-replay.js';
import type { HttpContext, HttpMiddleware } from '../context.js';
import { readBytes, wholeBodyOf } from '../read-bytes.js';

const JSON_NAME = 'application/json';
const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

/**
 * A JSON body, or the reason why not, before any of it is parsed: content type and coding from the headers, then size,
 * then encoding, then depth and keys from the text. koa-body would take what is refused here: gzip, ill-formed UTF-8,
 * any depth. It parses what is left, from the bytes that were checked.
 */
export function readJson(): HttpMiddleware {
  const parse = koaBody({
    json: true,
    urlencoded: false,
    text: false,
    multipart: false,
    jsonLimit: LIMITS.bodyBytes,
    // A lone number or string is JSON; that it is no object is for the schema to say.
    jsonStrict: false,
    parsedMethods: [HttpMethodEnum.POST, HttpMethodEnum.PUT, HttpMethodEnum.PATCH, HttpMethodEnum.DELETE],
    onError: refuseUnparsable,
  });
  return async (ctx, next) => {
    checkHeaders(ctx);
    const bytes = wholeBodyOf(ctx.req, LIMITS.bodyBytes) ?? (await readBytes(ctx.req, LIMITS.bodyBytes));
    const text = decodeUtf8(bytes);
    if (text === null || text.trim() === '' || findJsonFault(text) !== null) throw new AppError('invalid_json');
    await parse(new ParserContext(ctx, bytes) as unknown as Context, next);
  };
}

function checkHeaders(ctx: HttpContext): void {
  const { headers } = ctx.req;
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  const hasBody = (headers['transfer-encoding'] ?? '') !== '' || Number(headers['content-length'] ?? 0) > 0;
  if (coding !== '' && coding !== 'identity') throw new AppError('unsupported_media_type');
  if (!hasBody) throw new AppError('invalid_json', { detail: 'A JSON body is required' });
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) throw new AppError('unsupported_media_type');
}

/**
 * What koa-body reads of a context, with the bytes already read as the request's stream. A copy of the context that
 * inherits from it would turn it into a prototype, after which everything that reads it is slow.
 */
class ParserContext {
  readonly req: BodyReplay;
  readonly request: HttpContext['request'];
  readonly method: string;

  constructor(ctx: HttpContext, bytes: Buffer) {
    this.req = new BodyReplay(bytes);
    this.request = ctx.request;
    this.method = ctx.request.method;
  }

  /** The content type has been checked: it is JSON's, in whatever spelling. */
  is(types: readonly string[]): string | false {
    return types.includes(JSON_NAME) ? JSON_NAME : false;
  }
}

/** The parser's own error carries the whole text: it ends here. */
function refuseUnparsable(error: Error): never {
  // Text that parses but for this has an own key `__proto__`: well-formed JSON with a field that nobody has.
  if (error.message === 'Object contains forbidden prototype property') {
    const errors = [{ path: '__proto__', code: 'unknown_key', message: 'Is not a known field' }];
    throw new AppError('validation_failed', { errors });
  }
  throw new AppError('invalid_json');
}
