import type { PageResource } from '../protocol/resources.js';

export function presentPage<T, R>(
  page: { readonly items: readonly T[]; readonly total: number; readonly page: number; readonly limit: number },
  present: (item: T) => R,
): PageResource<R> {
  return {
    items: page.items.map(present),
    total: page.total,
    page: page.page,
    limit: page.limit,
    pages: Math.ceil(page.total / page.limit),
  };
}
