/** The way of a coupon, from the cart that was left to the screen: when each part of it was done, milliseconds since 1970. */
import type { LabClient } from '../../../../main/api/index.ts';

/** Where an event stands, as JSON can say it. */
export interface EventPlaceText {
  stream: string;
  shard: number;
  offset: string;
}

export interface CouponWay {
  /** Something was put into the cart for the last time. */
  leftAt: number;
  /** The abandoned cart was appended to its stream, and the coupon to its. */
  abandonedAt: number;
  couponAt: number;
  /** The coupon had been painted. */
  shownAt: number;
}

export interface WayStep {
  says: string;
  at: number;
  /** Since the step before; null for the first. Two clocks may tell less than nothing: that is 0. */
  afterMs: number | null;
}

/** When the log got them. One machine has one clock, so the page's own times can stand beside these. */
export async function appendTimes(
  client: LabClient,
  because: EventPlaceText,
  coupon: EventPlaceText,
): Promise<Pick<CouponWay, 'abandonedAt' | 'couponAt'>> {
  const timeOf = async ({ stream, shard, offset }: EventPlaceText): Promise<number> =>
    (await client.events.get({ stream, shard, offset: BigInt(offset) })).appendedAt;
  const [abandonedAt, couponAt] = await Promise.all([timeOf(because), timeOf(coupon)]);
  return { abandonedAt, couponAt };
}

export function wayOf({ leftAt, abandonedAt, couponAt, shownAt }: CouponWay): WayStep[] {
  const steps: [string, number][] = [
    ['The cart was left', leftAt],
    ['Found abandoned', abandonedAt],
    ['Coupon written', couponAt],
    ['On your screen', shownAt],
  ];
  return steps.map(([says, at], index) => ({ says, at, afterMs: index === 0 ? null : Math.max(0, at - steps[index - 1]![1]) }));
}
