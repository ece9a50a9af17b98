/** What the columns of fields are called. */

/** What the columns of the event itself are called, whatever their order. */
const TAKEN = new Set(['Shard', 'Offset', 'Timestamp', 'Event time', 'Key', 'Value']);

/**
 * The last part of each path in words ("IP address"), or the path itself where two would read alike or the part is a number. One that would
 * read like a column of the event is named with where it comes from: "value.timestamp".
 */
export function fieldTitles(paths: readonly string[]): Map<string, string> {
  const times = new Map<string, number>();
  for (const path of paths) times.set(inWords(path), (times.get(inWords(path)) ?? 0) + 1);
  const isClear = (path: string): boolean => times.get(inWords(path)) === 1 && !TAKEN.has(inWords(path)) && !/^\d*$/.test(lastPart(path));
  const titleOf = (path: string): string =>
    isClear(path) ? inWords(path) : TAKEN.has(inWords(path)) && path === lastPart(path) ? `value.${path}` : path;
  return new Map(paths.map((path) => [path, titleOf(path)]));
}

const lastPart = (path: string): string =>
  path
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .at(-1) ?? '';

function inWords(path: string): string {
  const words = lastPart(path)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .trim()
    .toLowerCase()
    .replace(/\b(ip|url|uri|uuid|sku|cpu|http)\b/g, (short) => short.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}
