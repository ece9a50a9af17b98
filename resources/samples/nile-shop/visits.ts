/**
 * Who comes when, and what each visit is about. A plan holds only what makes the story (a look, an add, an order);
 * the many other looks around are filled in by generate.ts.
 *
 * The kinds of visit are chosen so that ways of finding an abandoned cart come to different answers:
 * - `leave`: a cart is filled, and nothing follows for over half an hour. Abandoned by any account.
 * - `return`: the shopper is away for 10 to 20 minutes, comes back and orders. A window of fixed length may cut between
 *   the two halves; a session does not.
 * - `linger`: after the last add the shopper looks around for over half an hour. Only who looks at adds alone calls that
 *   cart abandoned.
 * - `late-return`: abandoned, then ordered after all, over half an hour later.
 */
import type { Chance } from './random.ts';
import { PRODUCTS, type Product, type Shopper } from './shop.ts';

/** Seconds of the day, UTC. */
export const OPENS = 9 * 3600;
export const CLOSES = 11 * 3600 - 2;
/** A shopper of whom nothing is seen for longer has left. */
export const SILENCE_S = 30 * 60;

export type Deed = { does: 'view'; product: Product } | { does: 'add'; product: Product; quantity: number } | { does: 'order' };
export type Beat = Deed & { at: number };

export interface Visit {
  shopper: Shopper;
  address: string;
  beats: Beat[];
}

const KINDS = [
  { kind: 'browse', weight: 22 },
  { kind: 'buy', weight: 26 },
  { kind: 'leave', weight: 24 },
  { kind: 'return', weight: 13 },
  { kind: 'linger', weight: 7 },
  { kind: 'late-return', weight: 8 },
] as const;

/** The shoppers whose morning is told in documents and lessons, so that it stays as it is. One list per visit. */
const TOLD: Record<string, string[][]> = {
  // Buys, leaves a cart behind at 10:15, is back at 10:48 and orders another.
  '789': [
    ['09:00:02 view AvidReader', '09:06:40 view iPad', '09:12:15 view AvidReader'],
    ['09:31:20 view thinkpad', '09:33:10 view iPad', '09:36:05 add iPad', '09:41:30 order', '09:43:12 view AvidReader'],
    ['10:08:03 view AvidReader', '10:14:20 add AvidReader', '10:15:31 view thinkpad'],
    ['10:48:41 view AvidReader', '10:52:35 add AvidReader', '10:54:10 order', '10:56:02 view AvidReader cover'],
  ],
  // Away from 09:46 to 10:01 with a filled cart, then orders. The next cart is left behind.
  '123': [
    ['09:38:07 view AvidReader', '09:44:23 view iPad', '09:44:27 add AvidReader', '09:46:30 view AvidReader cover'],
    ['10:01:12 view AvidReader', '10:04:12 order', '10:05:40 view reading lamp'],
    ['10:18:05 view iPad', '10:21:30 add iPad', '10:24:44 view thinkpad'],
  ],
  // Looks around for 38 minutes after the last add, then orders. The next cart is left behind.
  '456': [
    [
      '09:02:11 view thinkpad',
      '09:05:40 add thinkpad',
      '09:11:02 view iPad',
      '09:17:25 view AvidReader',
      '09:24:10 view iPad',
      '09:30:37 view USB cable',
      '09:35:50 view thinkpad',
      '09:40:18 view iPad',
      '09:43:45 order',
    ],
    ['10:02:20 view AvidReader', '10:07:33 add AvidReader', '10:09:51 add AvidReader cover', '10:12:06 view reading lamp'],
    ['10:51:26 view thinkpad', '10:58:31 view iPad'],
  ],
};

/** All visits of all shoppers; each shopper's in order, no two beats of a shopper in the same second. */
export function planVisits(by: Chance, shoppers: readonly Shopper[]): Visit[] {
  return shoppers.flatMap((shopper) => {
    const plan = TOLD[shopper.id]?.map((beats) => beats.map(read)) ?? planMorning(by);
    return plan.map((beats) => ({ shopper, address: by.one(shopper.addresses), beats }));
  });
}

function planMorning(by: Chance): Beat[][] {
  const visits: Beat[][] = [];
  let at = OPENS + (by.percent(35) ? by.between(2, 150) : by.between(150, 40 * 60));
  while (at < CLOSES - 60) {
    const { kind } = by.weighted(KINDS);
    const planned = planKind(by, kind, at);
    visits.push(...planned.map((beats) => beats.filter((beat) => beat.at < CLOSES)).filter((beats) => beats.length > 0));
    const end = planned.at(-1)!.at(-1)!.at;
    // Away long enough for a cart left behind to count as abandoned, where there may be one.
    const left = kind === 'leave' || kind === 'linger';
    at = end + (left ? by.between(SILENCE_S + 60, 45 * 60) : by.between(4 * 60, 22 * 60));
  }
  return visits;
}

function planKind(by: Chance, kind: (typeof KINDS)[number]['kind'], from: number): Beat[][] {
  if (kind === 'browse') return [new Plan(by, from).look(by.between(3, 6)).beats];
  const visit = new Plan(by, from).look(1).fill(by.between(1, 3));
  switch (kind) {
    case 'buy':
      return [visit.look(by.between(0, 2)).order().beats];
    case 'leave':
      return [visit.look(by.between(0, 3)).beats];
    case 'linger':
      visit.lookUntil(visit.at + by.between(SILENCE_S + 120, SILENCE_S + 600));
      return [(by.percent(70) ? visit.order() : visit).beats];
    case 'return':
      return [visit.look(by.between(0, 2)).beats, new Plan(by, visit.at + by.between(10 * 60, 20 * 60)).look(2).order().beats];
    case 'late-return':
      return [visit.look(1).beats, new Plan(by, visit.at + by.between(SILENCE_S + 60, 40 * 60)).look(2).order().beats];
  }
}

/** A visit as it is made up, one deed after the other. */
class Plan {
  readonly beats: Beat[] = [];
  readonly #by: Chance;
  at: number;

  constructor(by: Chance, from: number) {
    this.#by = by;
    this.at = from;
  }

  look(times: number): this {
    for (let n = 0; n < times; n++) this.#do({ does: 'view', product: this.#by.weighted(PRODUCTS) }, 20, 170);
    return this;
  }

  lookUntil(end: number): void {
    while (this.at < end) this.#do({ does: 'view', product: this.#by.weighted(PRODUCTS) }, 90, 300);
  }

  /** Looks at a product, then adds it to the cart. */
  fill(times: number): this {
    for (let n = 0; n < times; n++) {
      const product = this.#by.weighted(PRODUCTS);
      this.#do({ does: 'view', product }, 6, 45);
      this.#do({ does: 'add', product, quantity: this.#by.percent(85) ? 1 : this.#by.between(2, 3) }, 15, 120);
    }
    return this;
  }

  order(): this {
    this.#do({ does: 'order' }, 10, 90);
    return this;
  }

  /** Does it now, and rests for so many seconds. */
  #do(deed: Deed, restMin: number, restMax: number): void {
    if (this.beats.length > 0) this.at += this.#by.between(restMin, restMax);
    this.beats.push({ ...deed, at: this.at });
  }
}

/** Reads '09:36:05 add iPad'. */
function read(line: string): Beat {
  const [, hours, minutes, seconds, does, name] = /^(\d\d):(\d\d):(\d\d) (view|add|order) ?(.*)$/.exec(line)!;
  const at = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  if (does === 'order') return { at, does };
  const product = PRODUCTS.find((each) => each.name === name)!;
  return does === 'add' ? { at, does, product, quantity: 1 } : { at, does: 'view', product };
}
