import type { InferType } from 'yup';
import { integerField, objectOf } from '../../protocol/fields.js';
import { LIMITS } from '../../protocol/limits.js';
import type { HistoryWindow } from '../../ports/message-log.js';
import type { PageQuery } from '../../services/services.js';

const page = integerField(1, LIMITS.pageMax);
const limit = integerField(1, LIMITS.pageLimitMax);

export const pageQuery = objectOf({ page, limit });

/** By page number, or by one cursor. */
export const historyQuery = objectOf({
  page,
  limit,
  before_seq: integerField(1),
  after_seq: integerField(0),
  around_seq: integerField(1),
}).test('one_position', 'Only one of page, before_seq, after_seq and around_seq may be given', (query) => {
  const positions = [query.page, query.before_seq, query.after_seq, query.around_seq];
  return positions.filter((position) => position !== undefined).length <= 1;
});

export function pageQueryOf(query: InferType<typeof pageQuery>): PageQuery {
  return { page: query.page ?? 1, limit: query.limit ?? LIMITS.pageLimitDefault };
}

/** null: by page number. */
export function windowQueryOf(query: InferType<typeof historyQuery>): HistoryWindow | null {
  const size = query.limit ?? LIMITS.pageLimitDefault;
  if (query.before_seq !== undefined) return { kind: 'before', seq: query.before_seq, limit: size };
  if (query.after_seq !== undefined) return { kind: 'after', seq: query.after_seq, limit: size };
  if (query.around_seq !== undefined) return { kind: 'around', seq: query.around_seq, limit: size };
  return null;
}
