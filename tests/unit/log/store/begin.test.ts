/** A shard that begins inside of what was a batch is the same as one into which only the rest was ever appended. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODECS, type Codec } from '../../../../main/api/streams.ts';
import { attributesOf, decodeStored, encodeBatch, type NewRecord, type StoredBatch, verifyBatch } from '../../../../main/log/index.ts';
import { seal } from '../../../../main/log/batch/encode.ts';
import { RECORDS_AT } from '../../../../main/log/batch/layout.ts';
import { SUMMARY_FANOUT } from '../../../../main/log/store/summaries.ts';
import type { WholeStore } from '../../../wholeStore.ts';
import { newRecord } from '../batch/arbitrary.ts';
import { appended, batchAt, batchOf, oneShard, open, temporaryFolder, toAppend } from './folder.ts';

const EMPTY = { state: 'open', parents: [], keyLow: null, keyHigh: null, leaderEpoch: 0 } as const;

const event = (timestamp: bigint): NewRecord => ({ key: null, value: null, headers: [], timestamp });

/** Records at these offsets, the batch beginning with the first and ending at the last one said. */
function withOffsets(offsets: readonly [number, ...number[]], last: number): Buffer {
  const [baseOffset] = offsets;
  const records = offsets.flatMap((offset) => [12, 0, 0, 2 * (offset - baseOffset), 1, 1, 0]);
  return seal(Buffer.concat([Buffer.alloc(RECORDS_AT), Buffer.from(records)]), {
    ...{ attributes: 0, count: offsets.length, baseTimestamp: 1n, maxTimestamp: 1n },
    ...{ baseOffset: BigInt(baseOffset), lastOffsetDelta: last - baseOffset },
  });
}

const file = (): string => join(temporaryFolder(), 'broker.db');

function begin(store: WholeStore, id: number, offset: bigint): void {
  store.beginAt(id, offset);
  while (store.reclaim(0));
  expect(store.isBeginning(id)).toBe(false);
}

function batchesOf(store: WholeStore, id: number): StoredBatch[] {
  const { startOffset, nextOffset } = store.shards().find((shard) => shard.id === id)!;
  const batches: StoredBatch[] = [];
  for (let from = startOffset; from < nextOffset; from = batches.at(-1)!.lastOffset + 1n) {
    batches.push(...store.read(id, from, { upTo: 'highWatermark', bytesMax: 1_000 }).batches);
  }
  return batches;
}

const recordsOf = (store: WholeStore, id: number) => batchesOf(store, id).flatMap(decodeStored);

/** All that is told of a shard. Of summaries those parts that do not depend on how they came to be: single batches. */
function told(store: WholeStore, id: number, times: readonly bigint[]) {
  const [{ created: _, ...shard }] = store.shards().filter((each) => each.id === id) as [ReturnType<WholeStore['shards']>[number]];
  const parts = (within?: Parameters<WholeStore['timeParts']>[1]): unknown[] =>
    store.timeParts(id, within).flatMap((part) => (part.level === 0 ? [part] : parts(part)));
  const { recordsTrimmed, recordsTotal } = shard;
  const ordinals = Array.from({ length: Number(recordsTotal - recordsTrimmed) + 2 }, (_, at) => recordsTrimmed + BigInt(at) - 1n);
  return {
    shard,
    batches: batchesOf(store, id),
    parts: parts(),
    maxTimestamp: store.maxTimestamp(id),
    byTime: times.map((time) => store.offsetForTime(id, time)),
    byOrdinal: ordinals.map((ordinal) => store.locate(id, { ordinal })),
    first: store.headers(id, { from: { offset: shard.startOffset }, direction: 'forward', limit: 3 }),
  };
}

interface Batch {
  records: readonly NewRecord[];
  codec: Codec;
}

/** In another file: what is behind the offset and nothing else, as if it had come from a log that was trimmed before. */
function restOf(store: WholeStore, batches: readonly Batch[], source: { whole: readonly StoredBatch[]; offset: bigint }): number {
  const { whole, offset } = source;
  const id = oneShard(store);
  const recordsBefore = whole.reduce((sum, batch) => sum + decodeStored(batch).filter((record) => record.offset < offset).length, 0);
  store.restoreShard(id, { ...EMPTY, startOffset: offset, recordsBefore: BigInt(recordsBefore) });
  for (const [index, { records, codec }] of batches.entries()) {
    const { baseOffset, appendTimeUs } = whole[index]!;
    const left = records.filter((_, at) => baseOffset + BigInt(at) >= offset);
    if (left.length === 0) continue;
    const bytes = encodeBatch({
      ...{ records: left, attributes: attributesOf(codec), baseOffset: baseOffset + BigInt(records.length - left.length) },
    });
    appended(store, { shardId: id, bytes, header: verifyBatch(bytes), restoredFrom: appendTimeUs });
  }
  return id;
}

describe('a shard that is to begin at an offset', () => {
  it.each(CODECS)('is as one into which only the rest was appended: %s', (codec) => {
    const batch = fc.record({ records: fc.array(newRecord, { minLength: 1, maxLength: 8 }), codec: fc.constant(codec) });
    const shares = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1, maxLength: 80 }), shares, fc.boolean(), (batches, cuts, isReopened) => {
        const path = file();
        let store = open(path);
        const other = open(file());
        const id = oneShard(store);
        for (const { records } of batches) appended(store, toAppend(id, encodeBatch({ records, attributes: attributesOf(codec) })));
        const whole = batchesOf(store, id);
        const end = Number(whole.at(-1)!.lastOffset) + 1;
        const offsets = cuts.map((share) => BigInt(Math.floor(share * end)));
        for (const offset of offsets) {
          begin(store, id, offset);
          if (!isReopened) continue;
          store.close();
          store = open(path);
        }
        const offset = offsets.reduce((most, each) => (each > most ? each : most));
        const otherId = restOf(other, batches, { whole, offset });
        const times = batches.slice(-10).map(({ records }) => records[0]!.timestamp);
        expect(told(store, id, times)).toEqual(told(other, otherId, times));
        // What is summed up of the batches goes on, too.
        for (let more = 0; more < 40; more++) for (const each of [store, other]) appended(each, batchAt(id, BigInt(more)));
        expect(told(store, id, times)).toEqual(told(other, otherId, times));
        expect(recordsOf(store, id)[0]?.offset).toBe(offset);
        store.close();
        other.close();
      }),
      { numRuns: 12 },
    );
  });

  it('trims whole batches before, and begins at its end where that is asked, or more', () => {
    const path = file();
    const store = open(path);
    const id = oneShard(store);
    appended(store, batchOf(id, 3), batchOf(id, 3), batchOf(id, 3));
    begin(store, id, 4n);
    expect(store.shards()).toMatchObject([{ startOffset: 4n, recordsTrimmed: 4n, recordsTotal: 9n }]);
    expect(store.headers(id, { from: { offset: 0n }, direction: 'forward', limit: 9 })).toMatchObject([
      { baseOffset: 4n, lastOffset: 5n, recordCount: 2, recordsBefore: 4n },
      { baseOffset: 6n, recordsBefore: 6n },
    ]);
    // Not back again; and twice at once, the one that is further on.
    begin(store, id, 2n);
    store.beginAt(id, 8n);
    begin(store, id, 7n);
    expect(store.shards()).toMatchObject([{ startOffset: 8n, recordsTrimmed: 8n }]);
    begin(store, id, 100n);
    expect(store.shards()).toMatchObject([{ startOffset: 9n, recordsTrimmed: 9n, bytes: 0 }]);
    store.close();
    const again = open(path);
    expect(appended(again, batchOf(id, 1))).toMatchObject([{ baseOffset: 9n, recordsBefore: 9n }]);
    again.close();
  });

  it('is left alone where it is gone, or is not there', () => {
    const store = open(file());
    const id = oneShard(store);
    appended(store, batchOf(id, 3));
    store.beginAt(99, 1n);
    store.beginAt(id, 2n);
    store.deleteShards([id]);
    expect([store.isBeginning(id), store.isBeginning(99)]).toEqual([false, false]);
    while (store.reclaim(0));
    store.close();
  });

  it('may begin where offsets have a gap: between batches, and behind the last record of one', () => {
    const store = open(file());
    const id = oneShard(store);
    // A batch whose last records are gone, as compacting leaves it: offsets 2 to 9, with records at 2 and 5.
    const gap = withOffsets([2, 5], 9);
    store.restoreShard(id, { ...EMPTY, startOffset: 0n, recordsBefore: 0n });
    appended(store, { shardId: id, bytes: gap, header: verifyBatch(gap), restoredFrom: 1n });
    const last = encodeBatch({ records: [event(1n)], baseOffset: 20n });
    appended(store, { shardId: id, bytes: last, header: verifyBatch(last), restoredFrom: 2n });
    const at = (offset: bigint) => {
      begin(store, id, offset);
      const [{ startOffset, recordsTrimmed, bytes }] = store.shards() as [ReturnType<WholeStore['shards']>[number]];
      const left = batchesOf(store, id);
      expect(bytes).toBe(left.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
      return [startOffset, recordsTrimmed, left.flatMap(decodeStored).map(({ offset: own }) => own)];
    };
    expect(at(1n)).toEqual([1n, 0n, [2n, 5n, 20n]]);
    expect(at(4n)).toEqual([4n, 1n, [5n, 20n]]);
    // No record has one of the offsets from here to 9.
    expect(at(7n)).toEqual([10n, 2n, [20n]]);
    expect(at(15n)).toEqual([15n, 2n, [20n]]);
    store.close();
  });

  it('has no summary of batches any more where none of them is left', () => {
    const path = file();
    const store = open(path);
    const id = oneShard(store);
    const single = (offset: number): Buffer => encodeBatch({ records: [event(1n)], baseOffset: BigInt(offset) });
    const batches = [...Array.from({ length: SUMMARY_FANOUT - 1 }, (_, at) => single(at)), withOffsets([50], 99)];
    for (const [at, bytes] of batches.entries()) {
      appended(store, { shardId: id, bytes, header: verifyBatch(bytes), restoredFrom: BigInt(at + 1) });
    }
    const db = new Database(path, { readonly: true });
    const summaries = db.prepare('SELECT count(*) FROM summary').pluck();
    expect(summaries.get()).toBe(1);
    begin(store, id, 50n);
    expect(summaries.get()).toBe(1);
    begin(store, id, 70n);
    expect(summaries.get()).toBe(0);
    expect(store.shards()).toMatchObject([{ startOffset: 100n, recordsTrimmed: 32n, recordsTotal: 32n, bytes: 0 }]);
    db.close();
    store.close();
  });

  it('has the times of what is left, and no others', () => {
    const store = open(file());
    const id = oneShard(store);
    appended(store, batchAt(id, 2n, 99n, 5n, 7n, 6n));
    begin(store, id, 2n);
    expect(store.headers(id, { from: { offset: 2n }, direction: 'forward', limit: 1 })).toMatchObject([
      { minTimestamp: 5n, maxTimestamp: 7n },
    ]);
    expect(store.timeParts(id)).toMatchObject([{ minTimestamp: 5n, maxTimestamp: 7n, records: 3 }]);
    expect(store.maxTimestamp(id)).toEqual({ offset: 3n, timestamp: 7n });
    expect([store.offsetForTime(id, 1n), store.offsetForTime(id, 8n)]).toEqual([{ offset: 2n, timestamp: 5n }, null]);
    store.close();
  });

  it('is read on from an offset behind it by who is there; one before it is out of range', () => {
    const store = open(file());
    const id = oneShard(store);
    appended(store, batchOf(id, 10));
    const [held] = store.read(id, 0n, { upTo: 'highWatermark', bytesMax: 1 }).batches as [StoredBatch];
    begin(store, id, 4n);
    expect(() => store.read(id, 3n, { upTo: 'highWatermark', bytesMax: 1 })).toThrow(
      expect.objectContaining({ code: 'offset-out-of-range' }) as Error,
    );
    expect(store.read(id, 6n, { upTo: 'highWatermark', bytesMax: 1 }).batches).toMatchObject([{ baseOffset: 4n, lastOffset: 9n }]);
    expect(store.timestamps(id, 0n)).toBeNull();
    // What somebody has read is whole, and says the same.
    expect(decodeStored(held).slice(4)).toEqual(recordsOf(store, id));
    store.close();
  });

  it('begins before it where the batch is damaged, which a later trim takes away whole', () => {
    const path = file();
    const store = open(path);
    const id = oneShard(store);
    appended(store, batchOf(id, 3), batchOf(id, 3), batchOf(id, 3));
    const db = new Database(path);
    const bytes = db.prepare<[], Buffer>('SELECT bytes FROM batch WHERE base_offset = 3').pluck().get()!;
    const flip = (at: number): void => {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1;
      db.prepare('UPDATE batch SET bytes = ? WHERE base_offset = 3').run(flipped);
    };
    // The count of records says another number, with the checksum that belongs to it; then a bit of a record.
    for (const damage of [() => db.prepare('UPDATE batch SET record_count = 2 WHERE base_offset = 3').run(), () => flip(70)]) {
      damage();
      begin(store, id, 4n);
      expect(store.shards()).toMatchObject([{ startOffset: 3n, recordsTrimmed: 3n }]);
      db.prepare('UPDATE batch SET record_count = 3, bytes = ? WHERE base_offset = 3').run(bytes);
    }
    flip(0);
    expect(store.isReclaimDue()).toBe(false);
    db.close();
    begin(store, id, 7n);
    expect(store.shards()).toMatchObject([{ startOffset: 7n, recordsTrimmed: 7n }]);
    expect(recordsOf(store, id).map(({ offset }) => offset)).toEqual([7n, 8n]);
    store.close();
  });

  it('has changed in all or in nothing: it is one transaction', () => {
    const path = file();
    const store = open(path);
    const id = oneShard(store);
    appended(store, batchOf(id, 3), batchOf(id, 5));
    const before = told(store, id, []);
    const db = new Database(path);
    db.exec(`CREATE TRIGGER broken BEFORE UPDATE OF start_offset ON shard BEGIN SELECT RAISE(ABORT, 'the disk is gone'); END`);
    store.beginAt(id, 2n);
    expect(() => store.reclaim(0)).toThrow('the disk is gone');
    expect(told(store, id, [])).toEqual(before);
    // Who asked for it still waits, and gets it as soon as it can be.
    expect(store.isBeginning(id)).toBe(true);
    db.exec('DROP TRIGGER broken');
    db.close();
    while (store.reclaim(0));
    expect(store.shards()).toMatchObject([{ startOffset: 2n, recordsTrimmed: 2n }]);
    expect(recordsOf(store, id)).toHaveLength(6);
    store.close();
  });
});

describe('a producer whose batch was cut', () => {
  const numbered = (id: number, firstSequence: number, count: number, who: { isOfClient: true } | { isInSequence: true }) => {
    const records = Array.from({ length: count }, (_, at) => event(BigInt(at)));
    return { ...toAppend(id, encodeBatch({ records, producerId: 7n, producerEpoch: 2, firstSequence })), ...who };
  };

  it('is answered as before where it sends the batch again, also after a reopening, and goes on behind it', () => {
    const path = file();
    let store = open(path);
    const id = oneShard(store);
    appended(store, numbered(id, 0, 4, { isOfClient: true }), numbered(id, 4, 4, { isOfClient: true }));
    for (const offset of [2n, 6n]) {
      begin(store, id, offset);
      const copies = [numbered(id, 0, 4, { isOfClient: true }), numbered(id, 4, 4, { isOfClient: true })];
      expect(appended(store, ...copies)).toMatchObject([
        { baseOffset: 0n, lastOffset: 3n },
        { baseOffset: 4n, lastOffset: 7n },
      ]);
      store.close();
      store = open(path);
      expect(batchesOf(store, id)[0]).toMatchObject({
        producerId: 7n,
        producerEpoch: 2,
        firstSequence: Number(offset),
        baseOffset: offset,
      });
    }
    expect(store.append([numbered(id, 9, 1, { isOfClient: true })])).toMatchObject([{ code: 'out-of-sequence' }]);
    expect(appended(store, numbered(id, 8, 1, { isOfClient: true }))).toMatchObject([{ baseOffset: 8n }]);
    store.close();
  });

  it('goes on in another file into which the rest was taken', () => {
    const store = open(file());
    const id = oneShard(store);
    appended(store, numbered(id, 0, 4, { isInSequence: true }));
    begin(store, id, 3n);
    expect(appended(store, numbered(id, 0, 4, { isInSequence: true }))).toMatchObject([{ baseOffset: -1n }]);
    const other = open(file());
    const otherId = oneShard(other);
    other.restoreShard(otherId, { ...EMPTY, startOffset: 3n, recordsBefore: 3n });
    const [{ bytes, appendTimeUs }] = batchesOf(store, id) as [StoredBatch];
    appended(other, { shardId: otherId, bytes, header: verifyBatch(bytes), restoredFrom: appendTimeUs });
    expect(appended(other, numbered(otherId, 0, 4, { isInSequence: true }), numbered(otherId, 4, 1, { isInSequence: true }))).toMatchObject(
      [{ baseOffset: -1n }, { baseOffset: 4n }],
    );
    store.close();
    other.close();
  });
});
