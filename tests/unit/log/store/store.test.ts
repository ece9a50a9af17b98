import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { decodeStored, encodeBatch, type StoredBatch, StoreReader } from '../../../../main/log/index.ts';
import { appended, batchAt, batchOf, batchWithGap, oneShard, open, temporaryFolder, toAppend } from './folder.ts';

const read = { upTo: 'highWatermark', bytesMax: 1 } as const;

describe('append', () => {
  it('patches offset and epoch into the bytes, and returns what it gave', () => {
    const store = open(join(temporaryFolder(), 'broker.db'));
    const id = oneShard(store);
    const results = appended(store, batchOf(id, 3), batchOf(id, 2));
    expect(results.map(({ baseOffset, lastOffset, recordsBefore }) => [baseOffset, lastOffset, recordsBefore])).toEqual([
      [0n, 2n, 0n],
      [3n, 4n, 3n],
    ]);
    expect(decodeStored(store.read(id, 4n, read).batches[0] as StoredBatch).map(({ offset }) => offset)).toEqual([3n, 4n]);
    store.close();
  });

  it('refuses the batches of unknown, closed and deleted shards alone', () => {
    const path = join(temporaryFolder(), 'broker.db');
    let store = open(path);
    const ids = store.createShards([0, 1, 2].map((number) => ({ streamId: 's', stream: 'orders', number }))).map(({ id }) => id) as [
      number,
      number,
      number,
    ];
    store.deleteShards([ids[1]]);
    store.close();
    const db = new Database(path);
    db.prepare(`UPDATE shard SET state = 'closed' WHERE id = ?`).run(ids[2]);
    db.close();
    store = open(path);
    const results = store.append([...ids, 99].map((id) => batchOf(id, 1)));
    expect(results[0]).toMatchObject({ baseOffset: 0n });
    expect(results.slice(1)).toEqual(
      [/is deleted/, /is closed/, /no shard with the id 99/].map((message) =>
        expect.objectContaining({ code: 'no-such-shard', message: expect.stringMatching(message) }),
      ),
    );
    expect(() => store.read(ids[1], 0n, read)).toThrow(expect.objectContaining({ code: 'no-such-shard' }));
    expect(store.shards().map(({ number }) => number)).toEqual([0, 2]);
    store.close();
  });

  it('leaves nothing behind when the transaction fails', () => {
    const store = open(join(temporaryFolder(), 'broker.db'));
    const id = oneShard(store);
    const broken = { ...batchOf(id, 1), bytes: 'no bytes' as unknown as Uint8Array };
    expect(() => store.append([batchOf(id, 5), broken])).toThrow();
    expect(store.shards()[0]).toMatchObject({ nextOffset: 0n, recordsTotal: 0n, bytes: 0 });
    expect(appended(store, batchOf(id, 1))[0]).toMatchObject({ baseOffset: 0n, recordsBefore: 0n });
    store.close();
  });

  it('keeps every timestamp of int64 for its search columns', () => {
    const store = open(join(temporaryFolder(), 'broker.db'));
    const id = oneShard(store);
    const timestamps = [2n ** 63n - 1n, -(2n ** 63n), 253_402_300_799_000n];
    const bytes = encodeBatch({ records: timestamps.map((timestamp) => ({ key: null, value: null, headers: [], timestamp })) });
    appended(store, toAppend(id, bytes));
    const [batch] = store.read(id, 0n, read).batches as [StoredBatch];
    expect(batch).toMatchObject({ minTimestamp: -(2n ** 63n), maxTimestamp: 2n ** 63n - 1n });
    expect(decodeStored(batch).map(({ timestamp }) => timestamp)).toEqual(timestamps);
    store.close();
  });
});

describe('append time', () => {
  it('never goes back when the clock does, nor over a reopening, nor when the latest shard is gone', () => {
    const path = join(temporaryFolder(), 'broker.db');
    let nowMs = 2_000_000;
    const now = (): number => nowMs;
    let store = open(path, { now });
    const id = oneShard(store);
    const other = store.createShards([{ streamId: 't', stream: 'clicks', number: 0 }])[0]?.id as number;
    const times = appended(store, batchOf(id, 1), batchOf(other, 1), batchOf(id, 1)).map(({ appendTimeUs }) => appendTimeUs);
    expect(times).toEqual([2_000_000_000n, 2_000_000_000n, 2_000_000_001n]);
    nowMs = 1_000_000;
    expect(appended(store, batchOf(other, 1))[0]?.appendTimeUs).toBe(2_000_000_002n);
    store.close();
    store = open(path, { now });
    expect(appended(store, batchOf(other, 1))[0]?.appendTimeUs).toBe(2_000_000_003n);
    store.deleteShards([other]);
    while (store.reclaim(100));
    store.close();
    store = open(path, { now });
    expect(appended(store, batchOf(id, 1))[0]?.appendTimeUs).toBe(2_000_000_004n);
    nowMs = 3_000_000;
    expect(appended(store, batchOf(id, 1))[0]?.appendTimeUs).toBe(3_000_000_000n);
    store.close();
  });

  it('rises strictly even in the year 9999, where a Number has no more microseconds', () => {
    const store = open(join(temporaryFolder(), 'broker.db'), { now: () => 253_402_300_799_000 });
    const id = oneShard(store);
    const times = Array.from({ length: 3 }, () => appended(store, batchOf(id, 1))[0]?.appendTimeUs);
    expect(times).toEqual([0n, 1n, 2n].map((more) => 253_402_300_799_000_000n + more));
    store.close();
  });
});

describe('read', () => {
  it('says what is out of range, and returns nothing at the end', () => {
    const store = open(join(temporaryFolder(), 'broker.db'));
    const id = oneShard(store);
    appended(store, batchOf(id, 3));
    expect(store.read(id, 3n, read)).toEqual({ batches: [], startOffset: 0n, endOffset: 3n });
    for (const offset of [-1n, 4n]) {
      expect(() => store.read(id, offset, read)).toThrow(
        expect.objectContaining({
          code: 'offset-out-of-range',
          message: `Offset ${offset} is out of range: shard 0 of stream orders holds offsets from 0 up to, not including, 3.`,
        }),
      );
    }
    store.close();
  });

  it('goes on behind a gap, and returns nothing in one at the end', () => {
    const store = open(join(temporaryFolder(), 'broker.db'));
    const id = oneShard(store);
    appended(store, batchWithGap(id, 1, 10), batchOf(id, 1));
    expect(store.read(id, 10n, read).batches.map(({ baseOffset }) => baseOffset)).toEqual([10n]);
    store.close();
  });

  it('ends at the high watermark, whatever is committed beyond it', () => {
    const path = join(temporaryFolder(), 'broker.db');
    const store = open(path);
    const id = oneShard(store);
    appended(store, batchOf(id, 3), batchAt(id, 2_000n, 2_000n));
    const acknowledged = new StoreReader(path, () => 3n);
    const { batches, endOffset } = acknowledged.read(id, 1n, { upTo: 'highWatermark', bytesMax: 1e6 });
    expect({ held: batches.map(({ baseOffset }) => baseOffset), endOffset }).toEqual({ held: [0n], endOffset: 3n });
    expect(acknowledged.read(id, 3n, read)).toMatchObject({ batches: [], endOffset: 3n });
    expect([store.offsetForTime(id, 2_000n)?.offset, acknowledged.offsetForTime(id, 2_000n)]).toEqual([3n, null]);
    expect(() => acknowledged.read(id, 4n, read)).toThrow(expect.objectContaining({ code: 'offset-out-of-range' }));
    acknowledged.close();
    store.close();
  });

  it('never serves a damaged batch as good, and the ones around it stay readable', () => {
    const path = join(temporaryFolder(), 'broker.db');
    let store = open(path);
    const id = oneShard(store);
    appended(store, batchOf(id, 10), batchOf(id, 10), batchOf(id, 10), batchOf(id, 10));
    store.close();
    const db = new Database(path);
    const flip = (offset: number, at: number): void => {
      const bytes = db.prepare('SELECT bytes FROM batch WHERE base_offset = ?').pluck().get(offset) as Buffer;
      bytes[at] = (bytes[at] as number) ^ 4;
      db.prepare('UPDATE batch SET bytes = ? WHERE base_offset = ?').run(bytes, offset);
    };
    flip(10, 90); // a record
    flip(20, 7); // the base offset, which the checksum leaves out
    db.close();
    store = open(path);
    const { batches } = store.read(id, 0n, { upTo: 'highWatermark', bytesMax: 1e6 });
    const outcomes = batches.map((batch) => {
      try {
        return decodeStored(batch).length;
      } catch (error) {
        return error;
      }
    });
    const damaged = (range: string, why: string): unknown =>
      expect.objectContaining({
        code: 'batch-damaged',
        message: `The record batch with offsets ${range} is damaged: ${why}.`,
      });
    expect(outcomes).toEqual([
      10,
      damaged('10 to 19', 'its checksum does not match'),
      damaged('20 to 29', 'its base offset does not match'),
      10,
    ]);
    store.close();
  });

  it('does not pass over what a damaged index hides, though the batch found next follows upon the one before it', () => {
    const path = join(temporaryFolder(), 'broker.db');
    let store = open(path);
    const id = oneShard(store);
    appended(store, ...Array.from({ length: 112 }, () => batchOf(id, 1)));
    store.close();
    const file = readFileSync(path);
    // The index's record of shard 1, offset 45, row 46: the length of its head, the types of its values, the values (1 is a type).
    // https://sqlite.org/fileformat2.html#record_format
    const record = file.indexOf(Buffer.from([4, 9, 1, 1, 45, 46]));
    file[record + 4]! ^= 64;
    writeFileSync(path, file);
    store = open(path);
    expect(store.read(id, 44n, read).batches).toHaveLength(1);
    expect(() => store.read(id, 45n, read)).toThrow(expect.objectContaining({ code: 'file-unreadable' }));
    store.close();
  });
});

describe('shards', () => {
  it('are created all or none, and their ids are never used again', () => {
    const path = join(temporaryFolder(), 'broker.db');
    let store = open(path);
    const id = oneShard(store);
    expect(() => store.createShards([1, 0].map((number) => ({ streamId: 's', stream: 'orders', number })))).toThrow(
      expect.objectContaining({ code: 'stream-exists' }),
    );
    expect(store.shards()).toHaveLength(1);
    store.deleteShards([id]);
    while (store.reclaim(100));
    store.close();
    store = open(path);
    const range = { keyLow: '0', keyHigh: '340282366920938463463374607431768211455' };
    const [made] = store.createShards([{ streamId: 's', stream: 'orders', number: 0, parents: [id], ...range }]);
    expect(made).toMatchObject({ state: 'open', parents: [id], ...range, startOffset: 0n, nextOffset: 0n, created: 1_700_000_000_000 });
    expect(made?.id).toBeGreaterThan(id);
    expect(store.shards()).toEqual([made]);
    store.close();
  });
});
