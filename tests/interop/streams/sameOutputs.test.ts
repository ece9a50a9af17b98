/**
 * Processors of the lab and the same programs over Kafka Streams (java/, written on their own after what the processors promise) answer the same to the
 * same recorded events: the same records in the same order in each shard of each output, byte by byte, and so the same events are bad.
 *
 * Time goes on in the lab's simulation like this, and java/Shards.java moves the mocked clock of Kafka's TopologyTestDriver likewise:
 * - The wall clock stands at the latest timestamp so far, of all shards. An event with a later one moves it there first. On the way each window is run, at
 *   each multiple of its period, also at the very time of the event: so a window comes before an event of the same time. At the first event the clock is
 *   set, and no window is run. Events of the same time are taken in the order in which they are recorded.
 * - Event time is the latest timestamp so far, of one shard (all processors here have one input). The event that moves it finds it moved; the punctuations
 *   that it makes due are run before it. Kafka Streams runs them behind it (differences.test.ts), which java/CartsBySession.java makes up for.
 * - After the last event the wall clock alone goes on, for as long as is said.
 *
 * Two differences are within this comparison, and hold in all of it:
 * - Of a bad event the reasons are told in headers of each side's own; all else of it is the same.
 * - What a table of Kafka Streams tells of a key has the latest time of all its events; what a processor emits has the time of its event, unless it says
 *   another one. It differs where events are late.
 */
import { describe, expect, it } from 'vitest';
import { expectSameLines } from '../kafka/lines.ts';
import { type BothTold, bothWays, inOrder, type Recorded, type Told } from './bothWays.ts';
import { nileShop, randomDay, withEnds } from './shopEvents.ts';

const told = bothWays();

function expectSame({ lab, kafka }: BothTold): void {
  const text = (each: readonly Told[]): string[] => inOrder(each).map((record) => JSON.stringify(record));
  expectSameLines(text(lab), text(kafka));
}

const countOf = (each: readonly Told[], stream: string): number => each.filter((record) => record.stream === stream).length;

/** The outputs with times as a table would tell them. */
function asOfTheKey(each: readonly Told[]): Told[] {
  const latest = new Map<string, string>();
  return each.map((record) => {
    if (record.stream !== 'counts') return record;
    const place = `${record.shard} ${JSON.stringify(record.key)}`;
    const before = latest.get(place);
    const timestamp = before !== undefined && before > record.timestamp! ? before : record.timestamp!;
    latest.set(place, timestamp);
    return { ...record, timestamp };
  });
}

describe.each([
  {
    input: 'the morning of the Nile shop',
    records: nileShop,
    late: false,
    bad: { all: 0, json: 1, time: 4 },
    least: { added: 200, carts: 40 },
  },
  { input: 'a random day', records: () => randomDay(10), late: true, bad: null, least: { added: 1_000, carts: 300 } },
])('$input', ({ records, late, bad, least }) => {
  const all: Recorded[] = records();

  it('map and filter', async () => {
    const both = await told('map-and-filter', all);
    expectSame(both);
    expect(countOf(both.lab, 'added')).toBeGreaterThan(least.added);
    if (bad) expect(countOf(both.lab, 'bad')).toBe(bad.json);
  });

  it('count by key', async () => {
    const { lab, kafka } = await told('count-by-key', all);
    const ofTheKey = asOfTheKey(lab);
    expectSame({ lab: ofTheKey, kafka });
    expect(ofTheKey.some(({ timestamp }, n) => timestamp !== lab[n]!.timestamp)).toBe(late);
    expect(countOf(lab, 'counts')).toBeGreaterThan(all.length * 0.9);
    if (bad) expect(countOf(lab, 'bad')).toBe(bad.all);
  });

  it('abandoned cart v1: a store and a window by the wall clock', async () => {
    const both = await told('abandoned-cart-v1', all, 20 * 60_000);
    expectSame(both);
    expect(countOf(both.lab, 'derived-events')).toBeGreaterThan(least.carts);
    if (bad) expect(countOf(both.lab, 'bad')).toBe(bad.json);
  });

  it('abandoned cart v2: sessions in event time', async () => {
    const both = await told('abandoned-cart-v2', withEnds(all), 20 * 60_000);
    expectSame(both);
    expect(countOf(both.lab, 'derived-events')).toBeGreaterThan(least.carts);
    if (bad) expect(countOf(both.lab, 'bad')).toBe(bad.time);
  });
});
