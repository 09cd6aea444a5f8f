import type { PageResource, WindowResource } from '../protocol/resources.js';

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

export function presentWindow<T, R>(
  window: { readonly items: readonly T[]; readonly hasMoreBefore: boolean; readonly hasMoreAfter: boolean },
  present: (item: T) => R,
): WindowResource<R> {
  return {
    items: window.items.map(present),
    has_more_before: window.hasMoreBefore,
    has_more_after: window.hasMoreAfter,
  };
}
