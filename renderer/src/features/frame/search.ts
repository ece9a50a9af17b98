/** Finding an action by a few typed letters. */

/**
 * How well a query fits a text, higher is better; null where it does not. Every letter must be there in order; starts of words and
 * letters that stand together count more, and long gaps less.
 */
export function fit(query: string, text: string): number | null {
  const wanted = query.trim().toLowerCase().replaceAll(/\s+/g, '');
  const given = text.toLowerCase();
  let score = 0;
  let at = -1;
  for (const letter of wanted) {
    const next = bestNext(given, letter, at);
    if (next < 0) return null;
    const startsWord = next === 0 || /[^a-z0-9]/.test(given[next - 1] ?? '');
    score += next === at + 1 ? 6 : startsWord ? 5 : 1 - Math.min(3, (next - at) / 8);
    at = next;
  }
  return score - given.length / 100;
}

/** The next place of a letter: at once, else at the start of a word, else anywhere. */
function bestNext(text: string, letter: string, after: number): number {
  if (text[after + 1] === letter) return after + 1;
  for (let at = after + 1; at < text.length; at++) {
    if (text[at] === letter && /[^a-z0-9]/.test(text[at - 1] ?? ' ')) return at;
  }
  return text.indexOf(letter, after + 1);
}

/** The things whose text fits, best first; all of them, in their order, for an empty query. */
export function search<T>(query: string, things: T[], textOf: (thing: T) => string): T[] {
  if (query.trim() === '') return things;
  return things
    .map((thing) => ({ thing, score: fit(query, textOf(thing)) }))
    .filter((found): found is { thing: T; score: number } => found.score !== null)
    .sort((a, b) => b.score - a.score)
    .map((found) => found.thing);
}

/** Each thing to do once, though frame and screen both offer it: the first place is kept, and the keys of whichever has them. */
export function distinct<T extends { title: string; keys?: string }>(actions: T[]): T[] {
  const byTitle = new Map<string, T>();
  for (const action of actions) {
    const title = action.title.replace(/…$/, '');
    const known = byTitle.get(title);
    if (!known) byTitle.set(title, action);
    else if (!known.keys && action.keys) byTitle.set(title, { ...known, keys: action.keys });
  }
  return [...byTitle.values()];
}
