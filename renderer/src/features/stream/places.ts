/** Where someone was in each stream, for when they come back from another screen: kept by the page, as long as it lives. */
import type { EventRow } from '../../../../main/api/events.ts';
import type { Order } from './rowSource.ts';

/** Streams whose places are kept; the one left longest ago goes first. */
export const PLACES_MAX = 50;

/** How a pane was left. */
export interface PanePlace {
  following: boolean;
  shards: readonly number[] | null;
  order: Order;
  cursor: number | null;
  selected: EventRow | null;
  /** The first row that showed, and how many pixels of it were above the view. */
  row: number;
  hiddenPixels: number;
  /** One more than the last row seen, so that what came meanwhile counts as newer; and than the last row there was. */
  seenEnd: number;
  endRow: number;
}

/** How a stream's screen was left. */
export interface StreamPlace {
  panes: PanePlace[];
  active: string;
  detailOpen: boolean;
}

export class StreamPlaces {
  readonly #byStream = new Map<string, StreamPlace>();

  get(stream: string): StreamPlace | undefined {
    return this.#byStream.get(stream);
  }

  keep(stream: string, place: StreamPlace): void {
    this.#byStream.delete(stream);
    this.#byStream.set(stream, place);
    const [oldest] = this.#byStream.keys();
    if (this.#byStream.size > PLACES_MAX && oldest !== undefined) this.#byStream.delete(oldest);
  }
}

const ofLabs = new WeakMap<object, StreamPlaces>();

/** The places in the streams of one lab, told apart by its client, which lives as long as the page is with that lab. */
export function placesOf(client: object): StreamPlaces {
  const known = ofLabs.get(client);
  if (known) return known;
  const places = new StreamPlaces();
  ofLabs.set(client, places);
  return places;
}
