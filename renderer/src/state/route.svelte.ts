/** Where in the lab the page is: the part of the address behind "#". Back and forward work as everywhere. */

export type Place =
  | { screen: 'home' }
  | { screen: 'streams' }
  | { screen: 'stream'; name: string; event: EventPlace | null }
  | { screen: 'processors' }
  | { screen: 'bench' }
  | { screen: 'processor'; name: string; event: (EventPlace & { stream: string }) | null }
  | { screen: 'shop' }
  | { screen: 'replays' }
  | { screen: 'bad'; name: string }
  | { screen: 'clients' }
  /** `client`: who is followed; null for all. */
  | { screen: 'requests'; client: string | null; errorsOnly: boolean }
  | { screen: 'brokers' }
  | { screen: 'lessons' }
  | { screen: 'settings' }
  | { screen: 'unknown'; path: string };

export interface EventPlace {
  shard: number;
  offset: bigint;
}

export function placeOf(path: string): Place {
  const [way, query] = path.replace(/^#?\/?/, '').split('?') as [string, string?];
  const [first = '', second, ...more] = way.split('/').map(decode);
  if (more.length > 0) return { screen: 'unknown', path };
  if (first === 'streams' && second) return { screen: 'stream', name: second, event: eventIn(query) };
  if (first === 'bad' && second) return { screen: 'bad', name: second };
  if (first === 'processors' && second) return { screen: 'processor', name: second, event: streamEventIn(query) };
  if (first === 'requests' && !second) return { screen: 'requests', ...requestsIn(query) };
  if (second) return { screen: 'unknown', path };
  if (first === '') return { screen: 'home' };
  if (isPlain(first)) return { screen: first };
  return { screen: 'unknown', path };
}

const PLAIN = ['streams', 'processors', 'bench', 'shop', 'replays', 'clients', 'brokers', 'lessons', 'settings'] as const;

function isPlain(first: string): first is (typeof PLAIN)[number] {
  return (PLAIN as readonly string[]).includes(first);
}

function eventIn(query = ''): EventPlace | null {
  const [, shard, offset] = /^shard=(\d{1,4})&offset=(\d{1,19})$/.exec(query) ?? [];
  return shard === undefined ? null : { shard: Number(shard), offset: BigInt(offset!) };
}

function streamEventIn(query = ''): (EventPlace & { stream: string }) | null {
  const [, stream, rest] = /^stream=([^&]+)&(.+)$/.exec(query) ?? [];
  const event = eventIn(rest);
  return event && { stream: decode(stream!), ...event };
}

function requestsIn(query = ''): { client: string | null; errorsOnly: boolean } {
  const [, client, errors] = /^client=([^&]+)(&errors)?$/.exec(query) ?? [];
  return { client: client === undefined ? null : decode(client), errorsOnly: errors !== undefined };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a stream's screen, or of one of its events. */
export function streamPath(name: string, event?: EventPlace): string {
  return `#/streams/${encodeURIComponent(name)}${event ? `?shard=${event.shard}&offset=${event.offset}` : ''}`;
}

/** The address of the bad events in a stream. */
export const badPath = (stream: string): string => `#/bad/${encodeURIComponent(stream)}`;

/** The address of the request log; of one client where it is named, and of its errors alone. */
export const requestsPath = (client?: string, errorsOnly = false): string =>
  `#/requests${client === undefined ? '' : `?client=${encodeURIComponent(client)}${errorsOnly ? '&errors' : ''}`}`;

/** The address where a processor is edited; with an event it is tested with that. */
export function processorPath(name: string, event?: EventPlace & { stream: string }): string {
  const query = event ? `?stream=${encodeURIComponent(event.stream)}&shard=${event.shard}&offset=${event.offset}` : '';
  return `#/processors/${encodeURIComponent(name)}${query}`;
}

class Route {
  #path = $state(location.hash);
  readonly place: Place = $derived(placeOf(this.#path));

  constructor() {
    window.addEventListener('hashchange', () => (this.#path = location.hash));
  }
}

export const route = new Route();

/** Goes to `#/…`. With `replace` the place that is left is not kept for "back". */
export function navigate(path: string, options: { replace?: boolean } = {}): void {
  if (options.replace) location.replace(path);
  else location.hash = path;
}
