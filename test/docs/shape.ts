/**
 * A value reduced to keys and types, so that two can be compared: order of keys and length of lists do not matter, nor
 * which ids an object has as its keys.
 */
export function shapeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${[...new Set((value as unknown[]).map(shapeOf))].sort().join(', ')}]`;
  if (typeof value !== 'object') return typeof value === 'string' && TIME.test(value) ? 'time' : typeof value;
  const fields = Object.entries(value).map(([key, field]): string => `${ID.test(key) ? 'id' : key}: ${shapeOf(field)}`);
  return `{ ${[...new Set(fields)].sort().join(', ')} }`;
}

const ID = /^[1-9][0-9]*$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
