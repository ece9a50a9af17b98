/** A visit as the browser's tab keeps it: it goes on after a reload, and another tab has another one. */
import type { CouponWay, EventPlaceText } from './couponWay.ts';
import type { Visitor } from './visitor.ts';

/** What a visit did and what became of it in the log. */
export interface Heard {
  words: string;
  place: EventPlaceText;
  /** Milliseconds since 1970. */
  at: number;
  /** From the deed to the acknowledgement of its event. */
  ms: number;
}

export interface ShownCoupon {
  id: string;
  percentOff: number;
  place: EventPlaceText;
  because: EventPlaceText;
  /** When the cart was touched last, before it came. */
  leftAt: number;
  /** offered: it lies over the shop; taken: it counts for the next order; declined: it is kept in the cart; spent: by an order. */
  state: 'offered' | 'taken' | 'declined' | 'spent';
  isSeen: boolean;
  way: CouponWay | null;
}

export interface SavedVisit {
  visitor: Visitor;
  items: { sku: string; quantity: number }[];
  /** When something was put into a cart last. */
  addedAt: number | null;
  /** Orders so far: each has a cart of its own. */
  orders: number;
  heard: Heard[];
  coupon: ShownCoupon | null;
  hasLeft: boolean;
}

const PREFIX = 'lab.shop.';

type TextStore = Pick<Storage, 'getItem' | 'setItem'>;

export class VisitStore {
  readonly #store: TextStore;
  readonly #key: string;

  /** `name`: of one of the visits of a tab. */
  constructor(name: string, store: TextStore = sessionStorage) {
    this.#store = store;
    this.#key = PREFIX + name;
  }

  load(): SavedVisit | null {
    try {
      const saved = JSON.parse(this.#store.getItem(this.#key) ?? 'null') as SavedVisit | null;
      return typeof saved?.visitor?.id === 'string' ? saved : null;
    } catch {
      return null;
    }
  }

  save(visit: SavedVisit): void {
    try {
      this.#store.setItem(this.#key, JSON.stringify(visit));
    } catch {
      // Storage is switched off: the visit lasts as long as the page.
    }
  }
}
