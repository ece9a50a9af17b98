/** Events of a shop, as records: the morning of the sample, and random days with all that can be wrong or strange in one. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { shardForKey } from '../../../main/api/murmur2.ts';
import { resources } from '../../unit/openLab.ts';
import { createRandom, type Random } from '../seed.ts';
import type { Recorded } from './bothWays.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const SESSION_GAP_MS = 30 * MINUTE_MS;
const START_MS = Date.parse('2018-10-15T09:00:00Z');

const iso = (ms: number): string => new Date(ms).toISOString();
const shardOf = (key: Recorded['key'], shards: number): number => shardForKey(Buffer.from(typeof key === 'string' ? key : ''), shards);

/** 2,318 events in 3 shards. */
export function nileShop(): Recorded[] {
  const lines = readFileSync(path.join(resources, 'samples/nile-shop/events.ndjson'), 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const record = JSON.parse(line) as Recorded;
    return { ...record, shard: shardOf(record.key, 3) };
  });
}

/** One event more in each shard, three hours after the last: event time comes past all sessions. */
export function withEnds(records: readonly Recorded[]): Recorded[] {
  const latest = records.reduce((time, { timestamp }) => (timestamp !== null && timestamp > time ? timestamp : time), '');
  const timestamp = iso(Date.parse(latest) + 3 * 60 * MINUTE_MS);
  const value = JSON.stringify({ event: 'END', shopper: { id: 'end' }, timestamp });
  const shards = [...new Set(records.map(({ shard }) => shard))].sort((one, other) => one - other);
  return [...records, ...shards.map((shard): Recorded => ({ stream: 'raw-events', shard, timestamp, key: 'end', value, headers: [] }))];
}

const SHARDS = 4;
const SHOPPERS = 400;
const DEEDS_MAX = 24;
const NAMES = ['Mo', 'Zoë', '岩田', 'O’Neill "Jr."', 'Line\nbreak', '😀'];
const PRODUCTS = ['tablet-1', 'laptop-1', 'lamp-1', 'cable-1', 'größe-🧦'];

interface Deed {
  /** When it happened, as its value says. */
  atMs: number;
  /** When it came into the log. */
  cameMs: number;
  timestampMs: number;
  key: string | null;
  value: Record<string, unknown>;
}

/**
 * Hundreds of shoppers, whose deeds lie seconds apart or 30 minutes, a millisecond more or less; many at the same time, many late, some with a
 * clock that is ahead. One in thirty is broken.
 */
export function randomDay(salt: number): Recorded[] {
  const random = createRandom(salt);
  const deeds: Deed[] = [];
  for (let shopper = 0; shopper < SHOPPERS; shopper++) deeds.push(...deedsOf(String(shopper), random));
  deeds.sort((one, other) => one.cameMs - other.cameMs);
  const latest = new Map<number, string>();
  return deeds.map((deed) => {
    const record = recordOf(deed, random);
    if (!random.chance(1 / 30)) {
      const { timestamp } = record;
      if (timestamp! > (latest.get(record.shard) ?? '')) latest.set(record.shard, timestamp!);
      return record;
    }
    return broken(record, deed, latest.get(record.shard), random);
  });
}

function deedsOf(shopper: string, random: Random): Deed[] {
  const deeds: Deed[] = [];
  let atMs = START_MS + random.between(0, 3 * 3600) * SECOND_MS;
  for (let left = random.between(1, DEEDS_MAX); left > 0; left--) {
    atMs += stepMs(random);
    const cameMs = atMs + random.pick([0, 0, 0, 200, 200, 5 * SECOND_MS, random.between(0, 45 * 60) * SECOND_MS]);
    const event = random.pick(['SHOPPER_VIEWED_PRODUCT', 'SHOPPER_ADDED_ITEM', 'SHOPPER_ADDED_ITEM', 'SHOPPER_PLACED_ORDER']);
    const value: Record<string, unknown> = {
      event,
      // The address tells of which deed the shopper that is named in a cart is.
      shopper: { id: shopper, name: random.pick(NAMES), ipAddress: `198.51.100.${random.between(0, 255)}` },
      timestamp: timeText(random.chance(0.03) ? atMs + random.between(1, 600) * SECOND_MS : atMs, random),
    };
    if (event === 'SHOPPER_ADDED_ITEM') value.items = items(random);
    const key = random.chance(0.05) ? null : shopper;
    deeds.push({ atMs, cameMs, timestampMs: random.chance(0.5) ? atMs : cameMs, key, value });
  }
  return deeds;
}

function stepMs(random: Random): number {
  if (random.chance(0.15)) return SESSION_GAP_MS + random.pick([-SECOND_MS, -1, 0, 1, SECOND_MS]);
  if (random.chance(0.1)) return random.between(10, 90) * MINUTE_MS;
  return random.pick([0, 1, random.between(1, 300) * SECOND_MS, random.between(1, 30) * 10 * SECOND_MS]);
}

function timeText(ms: number, random: Random): string {
  const text = iso(ms);
  if (random.chance(0.1)) return iso(ms + 2 * 60 * MINUTE_MS).replace('Z', '+02:00');
  return random.chance(0.3) ? text.replace('.000Z', 'Z') : text;
}

function items(random: Random): unknown[] {
  return Array.from({ length: random.pick([0, 1, 1, 1, 2, 3]) }, () => ({
    product: { sku: random.pick(PRODUCTS), price: random.between(1, 9_999) / 100 },
    quantity: random.between(1, 5),
  }));
}

function recordOf({ timestampMs, key, value }: Deed, random: Random): Recorded {
  const headers: Recorded['headers'] = [];
  while (random.chance(0.2)) headers.push([random.pick(['trace', 'trace', 'from']), random.pick(['a', 'é', '', null])]);
  const shard = key === null ? random.between(0, SHARDS - 1) : shardOf(key, SHARDS);
  return { stream: 'raw-events', shard, timestamp: iso(timestampMs), key, value: JSON.stringify(value), headers };
}

/** It came when it happened: one that is broken is not late as well. */
function broken(whole: Recorded, { cameMs, value }: Deed, latest: string | undefined, random: Random): Recorded {
  const record: Recorded = { ...whole, timestamp: iso(cameMs) };
  const withValue = (changed: Record<string, unknown>): Recorded => ({ ...record, value: JSON.stringify({ ...value, ...changed }) });
  const isText = random.chance(0.8);
  if (!isText && latest !== undefined) {
    // It does not move event time in Kafka Streams; see differences.test.ts.
    const noText = { base64: random.pick(['/w==', 'w6k=/w=='.slice(4), '7aCA']) };
    return random.chance(0.5) ? { ...record, timestamp: latest, value: noText } : { ...record, timestamp: latest, key: noText };
  }
  return random.pick([
    () => ({ ...record, value: null }),
    () => ({ ...record, value: random.pick(['', ' ', 'null', '5', '"text"', '[]', '{}', 'NaN', '{"event":1} 2']) }),
    () => ({ ...record, value: whole.value!.toString().slice(0, random.between(1, 60)) }),
    () => withValue({ shopper: undefined, timestamp: iso(cameMs) }),
    () => withValue({ shopper: random.pick([{}, { id: 7 }, null]), timestamp: iso(cameMs) }),
    () =>
      withValue({
        timestamp: random.pick([undefined, null, '', 'now', '15/10/2018 09:00', '2018-10-15T09:61:00Z', 'NaN-NaN-NaNTNaN:NaN:NaNZ']),
      }),
    () => withValue({ items: undefined, timestamp: iso(cameMs) }),
    () => withValue({ event: random.pick([undefined, null, 'SHOPPER_LEFT']), timestamp: iso(cameMs) }),
  ])();
}
