/** What becomes of space: deleted shards give theirs back, and the write-ahead log stays short. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { WAL_BYTES_MAX, decodeStored, type StoredBatch } from '../../../../main/log/index.ts';
import { appended, batchOf, oneShard, open, temporaryFolder } from './folder.ts';

function pages(path: string): { total: number; free: number } {
  const db = new Database(path, { readonly: true });
  const [total, free] = ['page_count', 'freelist_count'].map((name) => db.pragma(name, { simple: true }) as number);
  db.close();
  return { total: total as number, free: free as number };
}

describe('reclaim', () => {
  it('gives the space of a deleted shard back, step by step, and leaves the others alone', () => {
    const path = join(temporaryFolder(), 'broker.db');
    const store = open(path);
    const kept = oneShard(store);
    const gone = store.createShards([{ streamId: 't', stream: 'clicks', number: 0 }])[0]?.id as number;
    for (let round = 0; round < 60; round++) appended(store, batchOf(gone, 200, 'g', 1000), batchOf(kept, 5, 'k'), batchOf(gone, 1));
    const before = pages(path).total;
    store.deleteShards([gone]);
    expect(pages(path).total).toBe(before);
    let calls = 1;
    while (store.reclaim(0)) calls++;
    expect(calls).toBeGreaterThan(5);
    const after = pages(path);
    expect(after.total).toBeLessThan(before / 20);
    expect(after.free).toBe(0);
    expect(store.reclaim(10)).toBe(false);
    const { batches } = store.read(kept, 0n, { upTo: 'highWatermark', bytesMax: 1e9 });
    expect(batches.flatMap(decodeStored)).toHaveLength(300);
    store.close();
  });

  it('goes on after a reopening', () => {
    const path = join(temporaryFolder(), 'broker.db');
    let store = open(path);
    const id = oneShard(store);
    const empty = pages(path).total;
    for (let round = 0; round < 10; round++) appended(store, batchOf(id, 200, 'g', 1000));
    store.deleteShards([id]);
    store.reclaim(0);
    store.close();
    store = open(path);
    expect(store.shards()).toEqual([]);
    while (store.reclaim(0));
    expect(pages(path).total).toBeLessThanOrEqual(empty + 1);
    store.close();
  });
});

describe('the write-ahead log', () => {
  it('begins again from its start after a checkpoint, and is emptied when idle', () => {
    const store = open(join(temporaryFolder(), 'broker.db'));
    const id = oneShard(store);
    let most = 0;
    for (let round = 0; round < 40; round++) {
      appended(store, batchOf(id, 1000, 'v', 1000));
      expect(store.walState().pendingBytes).toBeGreaterThan(1_000_000);
      const { walBytes, pendingBytes } = store.checkpoint();
      most = Math.max(most, walBytes);
      expect(pendingBytes).toBe(0);
    }
    expect(most).toBeLessThan(2 * 1024 * 1024);
    expect(store.checkpoint({ isIdle: true })).toEqual({ walBytes: 0, pendingBytes: 0 });
    store.close();
  });

  it('is not waited for while a reader holds an older state, and recovers afterwards', () => {
    const path = join(temporaryFolder(), 'broker.db');
    const store = open(path);
    const id = oneShard(store);
    appended(store, batchOf(id, 1));
    const reader = new Database(path, { readonly: true });
    reader.exec('BEGIN; SELECT count(*) FROM batch');
    for (let round = 0; round < 30; round++) appended(store, batchOf(id, 1000, 'v', 1000));
    const started = performance.now();
    expect(store.checkpoint().pendingBytes).toBeGreaterThan(WAL_BYTES_MAX);
    expect(store.checkpoint({ isIdle: true }).pendingBytes).toBeGreaterThan(WAL_BYTES_MAX);
    // SQLite would wait for five seconds, each time.
    expect(performance.now() - started).toBeLessThan(5_000);
    reader.exec('COMMIT');
    expect(store.checkpoint().pendingBytes).toBe(0);
    expect(store.checkpoint({ isIdle: true }).walBytes).toBe(0);
    expect(decodeStored(store.read(id, 0n, { upTo: 'highWatermark', bytesMax: 1 }).batches[0] as StoredBatch)).toHaveLength(1);
    reader.close();
    store.close();
  });
});
