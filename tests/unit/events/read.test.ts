import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RangeFrom, RangeUntil, ReadRecord } from '../../../main/api/events.ts';
import { bytes, openLab, readAll, record, temporaryFolder, text, type TestLab } from '../openLab.ts';

/** 718-05-05, before any clock of a computer. */
const AD_718 = -39_498_624_000_000n;

const temporary = temporaryFolder();
let lab: TestLab;
beforeAll(async () => {
  lab = await openLab(temporary.folder);
});
afterAll(async () => {
  await lab.close();
  temporary.remove();
});

async function read(stream: string, from: RangeFrom, until: RangeUntil, shards?: number[]): Promise<string[]> {
  const { records, gaps } = await readAll(lab.client.events.read({ stream, from, until, ...(shards ? { shards } : {}) }));
  expect(gaps).toEqual([]);
  return records.map(({ value }) => text(value)!);
}

async function makeStream(name: string, shards: number, records: ReturnType<typeof record>[]): Promise<void> {
  await lab.client.streams.create({ name, shards });
  if (records.length > 0) await lab.client.produce.append({ stream: name, records });
}

const beginning = { at: 'beginning' } as const;
const now = { at: 'now' } as const;

describe('events.read', () => {
  it('chooses by offset per shard', async () => {
    await makeStream('by-offset', 2, [
      ...['a0', 'a1', 'a2', 'a3'].map((value) => record(value, { shard: 0, timestamp: 1n })),
      ...['b0', 'b1'].map((value) => record(value, { shard: 1, timestamp: 2n })),
    ]);
    expect(await read('by-offset', beginning, now)).toEqual(['a0', 'a1', 'a2', 'a3', 'b0', 'b1']);
    expect(await read('by-offset', { at: 'offset', offset: 1n }, now)).toEqual(['a1', 'a2', 'a3', 'b1']);
    expect(await read('by-offset', { at: 'offset', offset: 1n }, { at: 'offset', offset: 3n })).toEqual(['a1', 'a2', 'b1']);
    expect(await read('by-offset', { at: 'offset', offset: 3n }, { at: 'offset', offset: 2n })).toEqual([]);
    expect(await read('by-offset', { at: 'offset', offset: 99n }, now)).toEqual([]);
    expect(await read('by-offset', { at: 'offset', offset: 2n ** 63n - 1n }, now)).toEqual([]);
    expect(await read('by-offset', beginning, { at: 'offset', offset: 99n })).toHaveLength(6);
    expect(await read('by-offset', { at: 'latest' }, now)).toEqual([]);
    expect(await read('by-offset', beginning, now, [1])).toEqual(['b0', 'b1']);
    expect(await read('by-offset', beginning, now, [1, 1, 0])).toHaveLength(6);
  });

  it('chooses by timestamp; an event without one is before and after no time', async () => {
    const times = { old: AD_718, none: -1n, zero: 0n, then: 1_000n, late: 500n, far: 2n ** 63n - 1n };
    await makeStream(
      'by-time',
      1,
      Object.entries(times).map(([value, timestamp]) => record(value, { timestamp })),
    );
    const at = (time: bigint): { at: 'time'; time: bigint } => ({ at: 'time', time });
    expect(await read('by-time', at(-(2n ** 63n)), now)).toEqual(['old', 'zero', 'then', 'late', 'far']);
    expect(await read('by-time', at(AD_718), at(AD_718 + 1n))).toEqual(['old']);
    expect(await read('by-time', beginning, at(0n))).toEqual(['old']);
    expect(await read('by-time', at(-1n), at(1_000n))).toEqual(['zero', 'late']);
    // Time does not order a stream: a late event stands behind.
    expect(await read('by-time', at(500n), now)).toEqual(['then', 'late', 'far']);
    expect(await read('by-time', at(1_001n), at(1_000n))).toEqual([]);
    expect(await read('by-time', { at: 'offset', offset: 3n }, at(1_000n))).toEqual(['late']);
  });

  it('counts, and waits for what is still missing', async () => {
    await makeStream('counted', 1, [record('0'), record('1')]);
    expect(await read('counted', beginning, { at: 'count', count: 0 })).toEqual([]);
    expect(await read('counted', beginning, { at: 'count', count: 1 })).toEqual(['0']);
    const four = read('counted', beginning, { at: 'count', count: 4 });
    for (const value of ['2', '3', '4']) await lab.client.produce.append({ stream: 'counted', records: [record(value)] });
    expect(await four).toEqual(['0', '1', '2', '3']);
    // Only what is within the range counts.
    const timed = read('counted', { at: 'time', time: 9_000_000_000_000n }, { at: 'count', count: 1 });
    await lab.client.produce.append({ stream: 'counted', records: [record('no'), record('yes', { timestamp: 9_000_000_000_000n })] });
    expect(await timed).toEqual(['yes']);
  });

  it('live waits for an offset that is yet to come', async () => {
    await makeStream('yet-to-come', 2, [record('a0', { shard: 0 })]);
    const reading = read('yet-to-come', { at: 'offset', offset: 2n }, { at: 'count', count: 2 });
    for (const value of ['a1', 'a2', 'a3'])
      await lab.client.produce.append({ stream: 'yet-to-come', records: [record(value, { shard: 0 })] });
    expect(await reading).toEqual(['a2', 'a3']);
  });

  it('live gets everything that several producers append meanwhile, once, in the order of the log', async () => {
    const [producers, appends] = [4, 40];
    await makeStream('busy', 3, []);
    const got: ReadRecord[] = [];
    const reading = (async () => {
      for await (const { records } of lab.client.events.read({ stream: 'busy', from: beginning, until: { at: 'live' } })) {
        got.push(...records);
        if (got.length >= producers * appends * 5) return;
      }
    })();
    await Promise.all(
      Array.from({ length: producers }, async (_, producer) => {
        const { client, peer } = lab.page();
        for (let append = 0; append < appends; append++) {
          const records = Array.from({ length: 5 }, (__, n) => record(`${producer}/${append * 5 + n}`, { key: bytes(`${append} ${n}`) }));
          await client.produce.append({ stream: 'busy', records });
        }
        peer.close();
      }),
    );
    await reading;
    expect(new Set(got.map(({ value }) => text(value))).size).toBe(producers * appends * 5);
    const { records } = await readAll(lab.client.events.read({ stream: 'busy', from: beginning, until: now }));
    expect(got.map(({ shard, offset }) => `${shard}:${offset}`)).toEqual(records.map(({ shard, offset }) => `${shard}:${offset}`));
  });

  it('from the latest on gets only what comes', async () => {
    await makeStream('latest', 1, [record('before')]);
    const reader = lab.client.events.read({ stream: 'latest', from: { at: 'latest' }, until: { at: 'live' } })[Symbol.asyncIterator]();
    const first = reader.next();
    // The read has begun once its bounds are known; nothing tells of that but what it then leaves out.
    await lab.client.events.window({ stream: 'latest', from: 0, limit: 1 });
    await lab.client.produce.append({ stream: 'latest', records: [record('after')] });
    expect((await first).value.records.map((each: ReadRecord) => text(each.value))).toEqual(['after']);
    await reader.return!();
  });

  it('ends when it is cancelled', async () => {
    await makeStream('cancelled', 1, [record('one')]);
    const stop = new AbortController();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const chunk of lab.client.events.read(
        { stream: 'cancelled', from: beginning, until: { at: 'live' } },
        { signal: stop.signal },
      )) {
        seen.push(chunk.records.length);
        setTimeout(() => stop.abort(), 20);
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toEqual([1]);
  });

  it('ends with a sentence when its stream is deleted', async () => {
    await makeStream('going', 2, [record('one')]);
    const reading = (async () => {
      for await (const chunk of lab.client.events.read({ stream: 'going', from: beginning, until: { at: 'live' } })) {
        if (chunk.records.length > 0) void lab.client.streams.delete({ name: 'going' });
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'no-such-stream', message: 'The stream “going” was deleted while it was read.' });
    await expect(read('going', beginning, now)).rejects.toMatchObject({ code: 'no-such-stream' });
  });

  it('refuses ranges that are none', async () => {
    await makeStream('ranges', 1, []);
    for (const [from, until] of [
      [{ at: 'end' }, now],
      [{ at: 'offset', offset: -1n }, now],
      [{ at: 'offset' }, now],
      [beginning, { at: 'count', count: -1 }],
      [beginning, { at: 'latest' }],
      [beginning, { at: 'time', time: '2018' }],
    ]) {
      await expect(read('ranges', from as RangeFrom, until as RangeUntil)).rejects.toMatchObject({ code: 'bad-input' });
    }
    await expect(read('ranges', beginning, now, [1])).rejects.toMatchObject({ code: 'no-such-shard' });
  });

  it('gives chunks that fit in a frame, whatever the headers weigh', async () => {
    await makeStream('heavy', 1, []);
    const heavy = record('v', { headers: [['weight', Buffer.alloc(1_000_000)]] });
    for (let at = 0; at < 2; at++) await lab.client.produce.append({ stream: 'heavy', records: Array.from({ length: 11 }, () => heavy) });
    const { records } = await readAll(lab.client.events.read({ stream: 'heavy', from: beginning, until: now }));
    expect(records).toHaveLength(22);
  });
});
