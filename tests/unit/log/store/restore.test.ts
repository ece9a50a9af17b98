/** Batches of another log: they keep their offsets, append times and leader epochs, or are refused. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { LabError } from '../../../../main/api/errors.ts';
import { encodeBatch, type BatchToAppend, type RestoredShard } from '../../../../main/log/index.ts';
import { appended, batchOf, oneShard, open, temporaryFolder, toAppend } from './folder.ts';

const trimmedShard: RestoredShard = {
  ...{ state: 'open', parents: [], keyLow: null, keyHigh: null, leaderEpoch: 4 },
  ...{ startOffset: 100n, recordsBefore: 60n },
};
const records = [1n, 2n].map((timestamp) => ({ key: null, value: null, headers: [], timestamp }));
const restored = (shardId: number, baseOffset: bigint, restoredFrom: bigint, leaderEpoch = 0): BatchToAppend => ({
  ...toAppend(shardId, encodeBatch({ records, baseOffset, leaderEpoch })),
  restoredFrom,
});

it('keep what they had, gaps included, also when the file is opened again, and the clock goes on behind them', () => {
  const path = join(temporaryFolder(), 'broker.sqlite');
  let store = open(path);
  const id = oneShard(store);
  store.restoreShard(id, trimmedShard);
  const later = 1_700_000_000_000_000n + 5_000_000n;
  appended(store, restored(id, 100n, 7n), restored(id, 110n, 9n, 2), restored(id, 112n, later, 4));
  store.close();
  store = open(path);
  const [shard] = store.shards();
  expect(shard).toMatchObject({ startOffset: 100n, nextOffset: 114n, recordsTotal: 66n, recordsTrimmed: 60n, leaderEpoch: 4 });
  const found = store.headers(id, { from: { offset: 0n }, direction: 'forward', limit: 9 });
  expect(
    found.map(({ baseOffset, recordsBefore, appendTimeUs, leaderEpoch }) => [baseOffset, recordsBefore, appendTimeUs, leaderEpoch]),
  ).toEqual([
    [100n, 60n, 7n, 0],
    [110n, 62n, 9n, 2],
    [112n, 64n, later, 4],
  ]);
  const [next] = appended(store, batchOf(id, 1));
  expect(next).toMatchObject({ baseOffset: 114n, recordsBefore: 66n });
  expect(next!.appendTimeUs).toBeGreaterThan(later);
  store.close();
  const db = new Database(path, { readonly: true });
  expect(db.prepare('SELECT epoch, start_offset FROM leader_epoch WHERE epoch > 0').raw().all()).toEqual([
    [2, 110],
    [4, 112],
  ]);
  db.close();
});

it('are refused where they do not follow upon what is there, and others of the same commit are not', () => {
  const store = open(join(temporaryFolder(), 'broker.sqlite'));
  const id = oneShard(store);
  store.restoreShard(id, trimmedShard);
  const wrong = [restored(id, 99n, 5n), restored(id, 100n, 0n), restored(id, 100n, 5n, 5), restored(id, 2n ** 63n - 2n, 5n)];
  for (const batch of wrong) expect(store.append([batch])).toEqual([expect.objectContaining({ code: 'batch-invalid' }) as LabError]);
  const results = store.append([restored(id, 100n, 5n), restored(id, 101n, 6n), restored(id, 102n, 5n), restored(id, 102n, 6n)]);
  expect(results.map((result) => (result instanceof LabError ? result.code : result.baseOffset))).toEqual([
    100n,
    'batch-invalid',
    'batch-invalid',
    102n,
  ]);
  expect(store.append([restored(id + 1, 0n, 1n)])).toEqual([expect.objectContaining({ code: 'no-such-shard' }) as LabError]);
  store.close();
});

it('go into a closed shard, which takes nothing else; a shard with records takes no other past', () => {
  const store = open(join(temporaryFolder(), 'broker.sqlite'));
  const id = oneShard(store);
  store.restoreShard(id, { ...trimmedShard, state: 'closed', parents: [7], keyLow: '0', keyHigh: '99' });
  appended(store, restored(id, 100n, 5n));
  expect(store.shards()[0]).toMatchObject({ state: 'closed', parents: [7], keyLow: '0', keyHigh: '99', nextOffset: 102n });
  expect(store.append([batchOf(id, 1)])).toEqual([expect.objectContaining({ code: 'no-such-shard' }) as LabError]);
  expect(() => store.restoreShard(id, trimmedShard)).toThrow('no empty shard');
  store.close();
});
