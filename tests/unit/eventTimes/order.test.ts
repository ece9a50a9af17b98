/** The order of a stream by event time, from the settings to the rows, with real brokers. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventTimeProgress } from '../../../main/api/eventTimes.ts';
import { STREAM_SETTINGS_DEFAULT } from '../../../main/api/streams.ts';
import { eventTimeReader } from '../../../main/eventTimes/eventTimeOf.ts';
import { TIMELESS } from '../../../main/eventTimes/entries.ts';
import { openLab, record, temporaryFolder, type TestLab } from '../openLab.ts';

let temporary: ReturnType<typeof temporaryFolder>;
let lab: TestLab;

const TIMES: (string | number | null)[] = [
  '2018-10-15T09:02:00Z',
  '0718-01-01T00:00:00Z',
  1_539_594_000, // 09:00, in seconds
  null,
  '-000043-03-15T12:00:00Z',
  1_539_594_060_000, // 09:01, in milliseconds
  'yesterday',
  '+010000-01-01T00:00:00Z',
  '1969-07-20T20:17:40Z',
];
const value = (at: string | number | null, n: number): string => JSON.stringify(at === null ? { n } : { n, what: { at } });

async function setField(eventTimeField: string | null): Promise<void> {
  await lab.client.streams.changeSettings({ name: 'history', settings: { ...STREAM_SETTINGS_DEFAULT, eventTimeField } });
}

/** As soon as all of the log is in the order. */
async function caughtUp(stream = 'history', isWanted: (progress: EventTimeProgress) => boolean = () => true): Promise<EventTimeProgress> {
  for await (const progress of lab.client.eventTimes.watch({ stream })) {
    if (progress.waiting === 0 && progress.read > 0 && isWanted(progress)) return progress;
  }
  throw new Error('Progress is not told any more.');
}

async function numbers(shards?: number[]): Promise<number[]> {
  const { rows } = await lab.client.eventTimes.window({ stream: 'history', ...(shards && { shards }), from: 0, limit: 100 });
  return rows.map((row) => Number(row.fields.n));
}

beforeEach(async () => {
  temporary = temporaryFolder();
  lab = await openLab(temporary.folder, { brokers: 2 });
  await lab.client.streams.create({ name: 'history', shards: 3 });
  for (const [n, at] of TIMES.entries()) {
    await lab.client.produce.append({ stream: 'history', records: [record(value(at, n), { shard: n % 3, timestamp: BigInt(n) })] });
  }
});
afterEach(async () => {
  await lab.close();
  temporary.remove();
});

describe('the order by event time', () => {
  it('begins with the earliest; events without a time are counted and not in it', async () => {
    await setField('what.at');
    const progress = await caughtUp();
    expect(progress).toMatchObject({ field: 'what.at', read: 9, waiting: 0, timeless: 2, problem: null });
    expect(await numbers()).toEqual([4, 1, 8, 2, 5, 0, 7]);
    expect(await numbers([1, 2])).toEqual([4, 1, 8, 2, 5, 7]);
    const window = await lab.client.eventTimes.window({ stream: 'history', from: 'end', limit: 2 });
    expect(window).toMatchObject({ firstRow: 0, endRow: 7 });
    expect(window.rows.map(({ row, shard, offset, eventTime }) => ({ row, shard, offset, eventTime }))).toEqual([
      { row: 5, shard: 0, offset: 0n, eventTime: 1_539_594_120_000n },
      { row: 6, shard: 1, offset: 2n, eventTime: 253_402_300_800_000n },
    ]);
  });

  it('is found in by time and by offset', async () => {
    await setField('what.at');
    await caughtUp();
    const seek = (time: bigint, shards?: number[]) =>
      lab.client.eventTimes.seek({ stream: 'history', ...(shards && { shards }), to: { by: 'time', time } });
    expect(await seek(-(2n ** 63n))).toMatchObject({ row: 0, shard: 1, offset: 1n });
    expect(await seek(BigInt(Date.parse('0718-01-01T00:00:00Z')))).toMatchObject({ row: 1, shard: 1, offset: 0n });
    expect(await seek(0n)).toMatchObject({ row: 3, shard: 2, offset: 0n, time: 1_539_594_000_000n });
    expect(await seek(0n, [0])).toMatchObject({ row: 0, shard: 0, offset: 0n });
    expect(await seek(2n ** 63n - 1n)).toBeNull();
    expect(await lab.client.eventTimes.seek({ stream: 'history', to: { by: 'greatest-timestamp' } })).toMatchObject({ row: 6 });
    const rowOf = async (shard: number, offset: bigint) => (await lab.client.eventTimes.rowOf({ stream: 'history', shard, offset })).row;
    expect(await rowOf(2, 2n)).toBe(2);
    expect(await rowOf(0, 1n), 'has no time').toBeNull();
    expect(await rowOf(0, 99n), 'is not there').toBeNull();
  });

  it('grows with the log, an earlier event before the others; a new generation tells', async () => {
    await setField('what.at');
    const { generation } = await caughtUp();
    await lab.client.produce.append({ stream: 'history', records: [record(value('1066-10-14T00:00:00Z', 9), { shard: 0 })] });
    const later = await caughtUp('history', ({ read }) => read === 10);
    expect(later.generation).not.toBe(generation);
    expect(await numbers()).toEqual([4, 1, 9, 8, 2, 5, 0, 7]);
  });

  it('has an exact histogram', async () => {
    await setField('what.at');
    await caughtUp();
    const nine = 1_539_594_000_000n;
    const counted = await lab.client.eventTimes.histogram({
      stream: 'history',
      range: { by: 'range', from: nine, to: nine + 180_000n },
      buckets: 3,
    });
    expect(counted).toMatchObject({ from: nine, bucketMs: 60_000n, before: 3, after: 1, timeless: 2, spread: 0 });
    expect(counted.shards).toEqual([
      { shard: 0, counts: [0, 0, 1] },
      { shard: 1, counts: [0, 0, 0] },
      { shard: 2, counts: [1, 1, 0] },
    ]);
  });

  it('follows the setting: another field makes another order, none takes it away with its file', async () => {
    await setField('what.at');
    await caughtUp();
    await setField('n');
    await caughtUp('history', ({ field, timeless }) => field === 'n' && timeless === 0);
    expect(await numbers()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const folder = path.join(temporary.folder, 'event-times');
    expect(readdirSync(folder).filter((name) => name.endsWith('.sqlite'))).toHaveLength(1);
    await setField(null);
    await expect(numbers()).rejects.toMatchObject({ code: 'no-event-time' });
    await expect.poll(() => readdirSync(folder)).toEqual([]);
  });

  it('goes with the stream', async () => {
    await setField('what.at');
    await caughtUp();
    await lab.client.streams.delete({ name: 'history' });
    await expect.poll(() => readdirSync(path.join(temporary.folder, 'event-times'))).toEqual([]);
    await expect(numbers()).rejects.toMatchObject({ code: 'no-such-stream' });
  });

  it('goes on from where it was when the lab is opened again, and is made again where its file is damaged', async () => {
    await setField('what.at');
    await caughtUp();
    const order = await numbers();
    await lab.close();
    const folder = path.join(temporary.folder, 'event-times');
    const [name] = readdirSync(folder).filter((each) => each.endsWith('.sqlite'));
    const db = new Database(path.join(folder, name!));
    const written = db.prepare('SELECT number, next_offset FROM shard ORDER BY number').raw().all();
    expect(written).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
    ]);
    const ids = db.prepare('SELECT id FROM chunk').pluck().all();
    db.close();
    lab = await openLab(temporary.folder, { brokers: 2 });
    await caughtUp();
    expect(await numbers()).toEqual(order);
    await lab.close();
    const after = new Database(path.join(folder, name!));
    expect(after.prepare('SELECT id FROM chunk').pluck().all()).toEqual(ids);
    after.exec(`UPDATE chunk SET entries = x'00'`);
    after.close();
    lab = await openLab(temporary.folder, { brokers: 2 });
    await expect(numbers()).rejects.toMatchObject({ code: 'no-event-time', retriable: true });
    await expect.poll(() => numbers().catch(() => [])).toEqual(order);
    expect(existsSync(path.join(folder, name!))).toBe(true);
  });

  it('is trimmed with the log', async () => {
    await setField('what.at');
    await caughtUp();
    const big = JSON.stringify({ n: 9, what: { at: '2020-01-01' }, x: 'x'.repeat(40_000) });
    for (const shard of [0, 1, 2, 0, 1, 2]) await lab.client.produce.append({ stream: 'history', records: [record(big, { shard })] });
    await lab.client.streams.changeSettings({
      name: 'history',
      settings: { ...STREAM_SETTINGS_DEFAULT, eventTimeField: 'what.at', retentionBytes: 64 * 1024 },
    });
    await expect.poll(() => numbers()).toEqual([9, 9, 9, 9, 9, 9]);
    expect((await caughtUp()).timeless).toBe(0);
  });

  it('reads on while a broker is away, and all of it once it is back', async () => {
    await setField('what.at');
    await caughtUp();
    await lab.killBroker();
    await lab.brokerUp();
    await lab.client.produce.append({ stream: 'history', records: [0, 1, 2].map((shard) => record(value(1, 10 + shard), { shard })) });
    await caughtUp('history', ({ read }) => read === 12);
    expect((await numbers()).slice(3, 6)).toEqual([10, 11, 12]);
  });

  it('takes a path of some length only', async () => {
    await expect(setField('a'.repeat(201))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(setField('  ')).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('the event time of a value', () => {
  const read = eventTimeReader('what.at');
  const of = (json: string | null): number => read(json === null ? null : Buffer.from(json));
  it('is read as an import reads it', () => {
    expect(of('{"what":{"at":"0718-01-01T00:00:00Z"}}')).toBe(Date.parse('0718-01-01T00:00:00Z'));
    expect(of(' {"what.at":"1970-01-01T01:00:00+01:00"}')).toBe(0);
    expect(of('{"what":{"at":-1}}')).toBe(-1000);
    expect(of('{"what":{"at":1539594000000}}')).toBe(1_539_594_000_000);
  });
  it('is none where there is none, in whatever way', () => {
    for (const json of [
      null,
      '',
      '{}',
      '{"what":{"at":"2018-02-31"}}',
      '{"what":{"at":1e300}}',
      '{"what":{"at":null}}',
      '[1]',
      '{"what":',
      '"2018-10-15"',
    ]) {
      expect(of(json), String(json)).toBe(TIMELESS);
    }
    expect(of(`{"what":{"at":1},"x":"${'x'.repeat(1024 * 1024)}"}`)).toBe(TIMELESS);
  });
});
