/**
 * One visit to the shop: a shopper, a cart, and what the log has heard of it. Each deed is an event in raw-events, and counts once that is
 * acknowledged. The visit listens to the stream of coupons for its own.
 */
import type { ReadRecord } from '../../../../main/api/events.ts';
import { toLabError } from '../../../../main/api/errors.ts';
import { Backoff } from '../../state/backoff.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { type CartItem, type Product, productOf, reduced, sumOf, withOneMore } from './catalogue.ts';
import { appendTimes, type EventPlaceText } from './couponWay.ts';
import { deedWords, type Deed, shopEvent } from './shopEvents.ts';
import { COUPONS, RAW } from './shopPlan.ts';
import { newVisitor, type Visitor } from './visitor.ts';
import type { VisitStore } from './visitStore.ts';
import { type Heard, type SavedVisit, type ShownCoupon } from './visitStore.ts';

/** Deeds that are shown, the newest. */
const HEARD_MAX = 12;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | null): string => (bytes ? new TextDecoder().decode(bytes) : '');

interface VisitParts {
  store: Pick<VisitStore, 'load' | 'save'>;
  now?: () => number;
  random?: () => number;
}

export class ShopVisit {
  visitor = $state.raw<Visitor>({ id: '', name: '', ipAddress: '', since: 0 });
  items = $state.raw<readonly CartItem[]>([]);
  addedAt = $state<number | null>(null);
  heard = $state.raw<readonly Heard[]>([]);
  coupon = $state.raw<ShownCoupon | null>(null);
  hasLeft = $state(false);
  #orders = 0;
  readonly #lab: LabState;
  readonly #store: VisitParts['store'];
  readonly #now: () => number;
  readonly #random: () => number;
  /** Deeds are done one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(lab: LabState, { store, now = Date.now, random = Math.random }: VisitParts) {
    this.#lab = lab;
    this.#store = store;
    this.#now = now;
    this.#random = random;
    const saved = store.load();
    if (saved) this.#take(saved);
    else this.comeIn();
  }

  get cents(): number {
    return sumOf(this.items);
  }

  /** What it costs, with the coupon that counts. */
  get centsToPay(): number {
    return this.coupon?.state === 'taken' ? reduced(this.cents, this.coupon.percentOff) : this.cents;
  }

  /** Somebody new. */
  comeIn(): void {
    this.#take({
      visitor: newVisitor(this.#now(), this.#random),
      ...{ items: [], addedAt: null, orders: 0, heard: [], coupon: null, hasLeft: false },
    });
    this.#save();
  }

  look(product: Product): Promise<void> {
    return this.#do(() => ({ does: 'look', product }));
  }

  add(product: Product): Promise<void> {
    return this.#do(
      () => ({ does: 'add', product, cart: this.#cart }),
      (at) => {
        this.items = withOneMore(this.items, product);
        this.addedAt = at;
      },
    );
  }

  order(): Promise<void> {
    return this.#do(
      () => {
        if (this.items.length === 0) return null;
        const coupon = this.coupon?.state === 'taken' ? this.coupon.id : null;
        return {
          does: 'order',
          id: `${this.visitor.id}-${this.#orders + 1}`,
          items: this.items,
          cents: this.centsToPay,
          cart: this.#cart,
          coupon,
        };
      },
      () => {
        if (this.coupon?.state === 'taken') this.coupon = { ...this.coupon, state: 'spent' };
        this.items = [];
        this.#orders++;
      },
    );
  }

  leave(): Promise<void> {
    return this.#do(
      () => ({ does: 'leave' }),
      () => (this.hasLeft = true),
    );
  }

  /** The coupon counts for the next order, or does not. */
  decide(state: 'taken' | 'declined'): void {
    if (!this.coupon || this.coupon.state === 'spent') return;
    this.coupon = { ...this.coupon, state };
    this.#save();
  }

  /** The coupon has been painted: that, too, is an event. Its way is looked up. */
  async wasSeen(): Promise<void> {
    const { coupon } = this;
    if (!coupon || coupon.isSeen) return;
    const shownAt = this.#now();
    this.coupon = { ...coupon, isSeen: true };
    this.#save();
    await this.#do(() => ({ does: 'see', coupon: coupon.id }));
    const times = await this.#lab.attempt(() => appendTimes(this.#lab.client, coupon.because, coupon.place), { reading: true });
    if (!times || this.coupon?.id !== coupon.id) return;
    this.coupon = { ...this.coupon, way: { leftAt: coupon.leftAt, ...times, shownAt } };
    this.#save();
  }

  /** In an effect, while there is a stream of coupons and a connection. Answers how to end it. */
  listen(): () => void {
    const gone = new AbortController();
    void this.#listen(this.visitor, gone.signal);
    return () => gone.abort();
  }

  async #listen({ id, since }: Visitor, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff();
    while (!signal.aborted) {
      try {
        // From the beginning of the visit: a coupon that came while nobody listened is not lost.
        const range = { from: { at: 'time', time: BigInt(since) }, until: { at: 'live' } } as const;
        for await (const { records } of this.#lab.client.events.read({ stream: COUPONS, ...range }, { signal })) {
          backoff.reset();
          for (const record of records) if (decode(record.key) === id) this.#offer(record);
        }
      } catch (thrown) {
        const { code } = toLabError(thrown);
        // Both are said elsewhere, and change what this is called by.
        if (code === 'disconnected' || code === 'no-such-stream') return;
      }
      await backoff.wait();
    }
  }

  #offer({ value, shard, offset }: ReadRecord): void {
    const told = couponIn(decode(value));
    if (!told || told.id === this.coupon?.id) return;
    const place = { stream: COUPONS, shard, offset: String(offset) };
    this.coupon = { ...told, place, leftAt: this.addedAt ?? this.visitor.since, state: 'offered', isSeen: false, way: null };
    this.#save();
  }

  get #cart(): string {
    return `${this.visitor.id}-${this.#orders + 1}`;
  }

  /** `plan`: what is to be done once all before it is; null for nothing. `done`: what it changes once it is in the log. */
  #do(plan: () => Deed | null, done: (at: number) => unknown = () => {}): Promise<void> {
    const work = this.#last.then(() => this.#append(plan, done));
    this.#last = work;
    return work;
  }

  async #append(plan: () => Deed | null, done: (at: number) => unknown): Promise<void> {
    const deed = this.hasLeft ? null : plan();
    if (!deed) return;
    const at = this.#now();
    const began = performance.now();
    const key = encode(this.visitor.id);
    const record = {
      key,
      value: encode(JSON.stringify(shopEvent(this.visitor, deed, at))),
      headers: [],
      timestamp: BigInt(at),
      shard: null,
    };
    const appended = await this.#lab.attempt(() => this.#lab.client.produce.append({ stream: RAW, records: [record] }), { about: 'shop' });
    const [place] = appended?.shards ?? [];
    if (!place) return;
    const stands = { stream: RAW, shard: place.shard, offset: String(place.lastOffset) };
    const heard = { words: deedWords(deed), at, place: stands, ms: performance.now() - began };
    this.heard = [heard, ...this.heard].slice(0, HEARD_MAX);
    done(at);
    this.#save();
  }

  #take({ visitor, items, addedAt, orders, heard, coupon, hasLeft }: SavedVisit): void {
    this.visitor = visitor;
    this.items = items.flatMap(({ sku, quantity }) => {
      const product = productOf(sku);
      return product ? [{ product, quantity }] : [];
    });
    this.addedAt = addedAt;
    this.#orders = orders;
    this.heard = heard;
    this.coupon = coupon;
    this.hasLeft = hasLeft;
  }

  #save(): void {
    const { visitor, addedAt, heard, coupon, hasLeft } = this;
    const items = this.items.map(({ product, quantity }) => ({ sku: product.sku, quantity }));
    this.#store.save({ visitor, items, addedAt, orders: this.#orders, heard: [...heard], coupon, hasLeft });
  }
}

/** What the event of a coupon says; null where it is none. */
function couponIn(text: string): { id: string; percentOff: number; because: EventPlaceText } | null {
  try {
    const { event, coupon, because } = JSON.parse(text) as {
      event?: unknown;
      coupon?: { id?: unknown; percentOff?: unknown };
      because?: Partial<EventPlaceText>;
    };
    const { id, percentOff } = coupon ?? {};
    const { stream, shard, offset } = because ?? {};
    if (event !== 'SHOPPER_GOT_COUPON' || typeof id !== 'string' || typeof percentOff !== 'number') return null;
    if (typeof stream !== 'string' || typeof shard !== 'number' || typeof offset !== 'string') return null;
    return { id, percentOff, because: { stream, shard, offset } };
  } catch {
    return null;
  }
}
