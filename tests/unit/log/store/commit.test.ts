/** What a processor's commit stands on: all or none, at the offset that was expected, positions, and sequences of producers. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { encodeBatch, positionRecord, POSITIONS_STREAM, type ReaderPosition, type Store, StoreReader } from '../../../../main/log/index.ts';
import { appended, batchOf, oneShard, open, temporaryFolder, toAppend } from './folder.ts';

const newStore = (): { path: string; store: ReturnType<typeof open> } => {
  const path = join(temporaryFolder(), 'broker.db');
  return { path, store: open(path) };
};

describe('a commit', () => {
  it('appends all or none', () => {
    const { store } = newStore();
    const id = oneShard(store);
    expect(() => store.append([batchOf(id, 2), batchOf(99, 1)], { allOrNone: true })).toThrow(
      expect.objectContaining({ code: 'no-such-shard' }),
    );
    expect(store.shards()[0]).toMatchObject({ nextOffset: 0n, recordsTotal: 0n, bytes: 0 });
    expect(store.append([batchOf(id, 2), batchOf(id, 1)], { allOrNone: true })).toMatchObject([{ baseOffset: 0n }, { baseOffset: 2n }]);
    store.close();
  });

  it('is refused where its shard does not go on where it expects', () => {
    const { store } = newStore();
    const id = oneShard(store);
    appended(store, { ...batchOf(id, 2), expectedOffset: 0n });
    const late = { ...batchOf(id, 1), expectedOffset: 0n };
    expect(() => store.append([batchOf(id, 5), late], { allOrNone: true })).toThrow(
      expect.objectContaining({ code: 'fenced', message: expect.stringContaining('goes on at offset 7, not at 0') }),
    );
    expect(store.append([{ ...batchOf(id, 1), expectedOffset: 1n }, batchOf(id, 1)])).toMatchObject([
      { code: 'fenced' },
      { baseOffset: 2n },
    ]);
    expect(store.append([{ ...batchOf(id, 1), expectedOffset: 3n }], { allOrNone: true })).toMatchObject([{ baseOffset: 3n }]);
    store.close();
  });
});

describe('positions', () => {
  const position = (offset: bigint, shard = 0, reader = 'counts'): ReaderPosition => ({ reader, stream: 'orders', shard, offset, of: 'x' });

  function say(store: Store, id: number, ...records: ReturnType<typeof positionRecord>[]): void {
    appended(store, toAppend(id, encodeBatch({ records })));
  }
  const positionsShard = (store: Store): number => store.createShards([{ streamId: 'p', stream: POSITIONS_STREAM, number: 0 }])[0]!.id;
  const said = (each: ReaderPosition): ReturnType<typeof positionRecord> => positionRecord(each, each, 1n);

  it('are the newest that were said, until they are forgotten', () => {
    const { path, store } = newStore();
    const id = positionsShard(store);
    say(store, id, said(position(5n)), said(position(2n, 1)), said(position(9n, 0, 'other')));
    say(store, id, said(position(2n ** 60n)));
    const reader = new StoreReader(path);
    expect(reader.positions(id, 'counts')).toEqual([position(2n ** 60n), position(2n, 1)]);
    say(store, id, positionRecord(position(0n), null, 1n));
    expect(reader.positions(id, 'counts')).toEqual([position(2n, 1)]);
    expect(reader.positions(id, 'nobody')).toEqual([]);
    reader.close();
    store.close();
  });

  it('pass over what is no position', () => {
    const { path, store } = newStore();
    const id = positionsShard(store);
    appended(store, batchOf(id, 3));
    say(store, id, said(position(1n)));
    const reader = new StoreReader(path);
    expect(reader.positions(id, 'counts')).toEqual([position(1n)]);
    reader.close();
    store.close();
  });

  it('are made from their batches again where the table is not up to them', () => {
    const { path, store } = newStore();
    const id = positionsShard(store);
    say(store, id, said(position(5n)), said(position(2n, 1)));
    say(store, id, said(position(6n)), positionRecord(position(0n, 1), null, 1n));
    store.close();
    const db = new Database(path);
    db.exec('DELETE FROM position; UPDATE position_view SET next_offset = 1');
    db.close();
    open(path).close();
    const reader = new StoreReader(path);
    expect(reader.positions(id, 'counts')).toEqual([position(6n)]);
    reader.close();
  });

  it('are summed up and what was before is trimmed, and nothing is lost', () => {
    const { path, store } = newStore();
    const id = positionsShard(store);
    const padded = (offset: bigint, shard: number): ReaderPosition => ({ ...position(offset, shard), of: 'x'.repeat(20_000) });
    for (let round = 0n; round < 150n; round++) say(store, id, said(padded(round, 0)), said(padded(round, 1)));
    expect(store.shards()[0]!.bytes).toBeGreaterThan(4 * 1024 * 1024);
    while (store.reclaim(1));
    expect(store.shards()[0]).toMatchObject({ startOffset: 300n, nextOffset: 302n });
    expect(store.shards()[0]!.bytes).toBeLessThan(100_000);
    expect(store.isReclaimDue()).toBe(false);
    store.close();
    const db = new Database(path);
    db.exec('DELETE FROM position; DELETE FROM position_view');
    db.close();
    open(path).close();
    const reader = new StoreReader(path);
    expect(reader.positions(id, 'counts')).toEqual([padded(149n, 0), padded(149n, 1)]);
    reader.close();
  });
});

describe('batches in the sequence of their producer', () => {
  const numbered = (
    id: number,
    firstSequence: number,
    count = 2,
    producerEpoch = 0,
  ): ReturnType<typeof toAppend> & { isInSequence: true } => {
    const records = Array.from({ length: count }, () => ({ key: null, value: null, headers: [], timestamp: 1n }));
    return { ...toAppend(id, encodeBatch({ records, producerId: 7n, producerEpoch, firstSequence })), isInSequence: true };
  };

  it('are there once, also when they are sent twice, and after a reopening', () => {
    const { path, store } = newStore();
    const id = oneShard(store);
    appended(store, numbered(id, 0), numbered(id, 2));
    expect(appended(store, numbered(id, 0), numbered(id, 2), numbered(id, 4))).toMatchObject([
      { baseOffset: -1n },
      { baseOffset: -1n },
      { baseOffset: 4n },
    ]);
    store.close();
    const again = open(path);
    expect(appended(again, numbered(id, 4), numbered(id, 6))).toMatchObject([{ baseOffset: -1n }, { baseOffset: 6n }]);
    expect(again.shards()[0]).toMatchObject({ recordsTotal: 8n });
    again.close();
  });

  it('are refused where one is missing before them, or their epoch is over', () => {
    const { store } = newStore();
    const id = oneShard(store);
    appended(store, numbered(id, 0));
    expect(store.append([numbered(id, 4)])).toMatchObject([{ code: 'batch-invalid', message: expect.stringContaining('2 is missing') }]);
    appended(store, numbered(id, 0, 2, 1));
    expect(store.append([numbered(id, 2)])).toMatchObject([{ code: 'fenced' }]);
    expect(store.shards()[0]).toMatchObject({ recordsTotal: 4n });
    store.close();
  });

  it('go on at 0 behind the greatest number', () => {
    const { path, store } = newStore();
    const id = oneShard(store);
    appended(store, numbered(id, 0));
    store.close();
    const db = new Database(path);
    db.exec('UPDATE producer SET next_sequence = 2147483647');
    db.close();
    const again = open(path);
    expect(appended(again, numbered(id, 2 ** 31 - 1), numbered(id, 2 ** 31 - 1), numbered(id, 1))).toMatchObject([
      { baseOffset: 2n },
      { baseOffset: -1n },
      { baseOffset: 4n },
    ]);
    again.close();
  });
});

describe('trimming before an offset', () => {
  it('takes whole batches away, and keeps the one that reaches over it', () => {
    const { store } = newStore();
    const id = oneShard(store);
    for (let round = 0; round < 10; round++) appended(store, batchOf(id, 3));
    store.trimBefore(id, 13n);
    while (store.reclaim(1));
    expect(store.shards()[0]).toMatchObject({ startOffset: 12n, nextOffset: 30n, recordsTrimmed: 12n });
    expect(store.isReclaimDue()).toBe(false);
    store.close();
  });
});
