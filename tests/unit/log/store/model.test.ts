/** The store against a list in memory: random batch sizes, gaps, several shards, reopening at any moment. */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeStored, type BatchMeta, type From } from '../../../../main/log/index.ts';
import type { WholeStore } from '../../../wholeStore.ts';
import { appended, batchOf, batchWithGap, open, temporaryFolder } from './folder.ts';

interface ModelBatch {
  baseOffset: bigint;
  lastOffset: bigint;
  recordsBefore: bigint;
  recordCount: number;
  appendTimeUs: bigint;
  sizeBytes: number;
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(
      fc.record({ shard: fc.nat({ max: 2 }), count: fc.integer({ min: 1, max: 20 }), gap: fc.constantFrom(0, 0, 0, 1, 1000) }),
      { minLength: 1, maxLength: 6 },
    ),
  },
  { weight: 1, arbitrary: fc.constant('reopen' as const) },
  { weight: 1, arbitrary: fc.constant('checkpoint' as const) },
);

/** Offsets, times or ordinals worth asking for: around every boundary. */
const around = (values: bigint[]): bigint[] =>
  [...new Set(values.flatMap((value) => [value - 1n, value, value + 1n]))].filter((value) => value >= 0n);

function same(meta: BatchMeta | null | undefined, model: ModelBatch | undefined): void {
  expect(meta ?? undefined).toEqual(model && expect.objectContaining(model));
}

function check(store: WholeStore, shardId: number, model: ModelBatch[]): void {
  const end = model.length === 0 ? 0n : (model.at(-1)?.lastOffset as bigint) + 1n;
  const cases: [From, (batch: ModelBatch) => boolean, (batch: ModelBatch) => boolean][] = [
    ...around(model.flatMap((batch) => [batch.baseOffset, batch.lastOffset])).map((offset): (typeof cases)[number] => [
      { offset },
      (batch) => batch.lastOffset >= offset,
      (batch) => batch.baseOffset <= offset,
    ]),
    ...around(model.map((batch) => batch.appendTimeUs)).map((appendTimeUs): (typeof cases)[number] => [
      { appendTimeUs },
      (batch) => batch.appendTimeUs >= appendTimeUs,
      (batch) => batch.appendTimeUs <= appendTimeUs,
    ]),
    ...around(model.map((batch) => batch.recordsBefore)).map((ordinal): (typeof cases)[number] => [
      { ordinal },
      (batch) => batch.recordsBefore + BigInt(batch.recordCount) > ordinal,
      (batch) => batch.recordsBefore <= ordinal,
    ]),
  ];
  for (const [from, isAhead, isBehind] of cases) {
    same(store.locate(shardId, from), model.find(isAhead));
    const ahead = model.filter(isAhead).slice(0, 3);
    const behind = model.filter(isBehind).reverse().slice(0, 3);
    const forward = store.headers(shardId, { from, direction: 'forward', limit: 3 });
    const backward = store.headers(shardId, { from, direction: 'backward', limit: 3 });
    expect(forward.map(({ baseOffset }) => baseOffset)).toEqual(ahead.map(({ baseOffset }) => baseOffset));
    expect(backward.map(({ baseOffset }) => baseOffset)).toEqual(behind.map(({ baseOffset }) => baseOffset));
    if ('offset' in from && from.offset <= end) {
      const { batches, startOffset, endOffset } = store.read(shardId, from.offset, { upTo: 'highWatermark', bytesMax: 400 });
      expect([startOffset, endOffset]).toEqual([0n, end]);
      expect(batches.map(({ baseOffset }) => baseOffset)).toEqual(within(model.filter(isAhead), 400).map(({ baseOffset }) => baseOffset));
      for (const batch of batches) {
        const records = decodeStored(batch);
        expect(records[0]?.offset).toBe(batch.baseOffset);
        expect(records).toHaveLength(batch.recordCount);
      }
    }
  }
}

function within(batches: ModelBatch[], bytesMax: number): ModelBatch[] {
  let bytes = 0;
  return batches.filter(({ sizeBytes }, index) => (bytes += sizeBytes) <= bytesMax || index === 0);
}

describe('the store', () => {
  it('behaves as a list of batches does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const path = join(temporaryFolder(), 'broker.db');
        let store = open(path);
        const ids = store.createShards([0, 1, 2].map((number) => ({ streamId: 's', stream: 'orders', number }))).map(({ id }) => id);
        const models: ModelBatch[][] = ids.map(() => []);
        for (const action of steps) {
          if (action === 'checkpoint') store.checkpoint({ isIdle: true });
          else if (action === 'reopen') {
            store.close();
            store = open(path);
          } else {
            const batches = action.map(({ shard, count, gap }) => {
              const id = ids[shard] as number;
              return gap === 0 ? batchOf(id, count) : batchWithGap(id, count, count + gap);
            });
            for (const [index, result] of appended(store, ...batches).entries()) {
              const { header, bytes } = batches[index] as (typeof batches)[number];
              const model = models[action[index]?.shard as number] as ModelBatch[];
              const last = model.at(-1);
              expect(result.baseOffset).toBe(last ? last.lastOffset + 1n : 0n);
              expect(result.recordsBefore).toBe(last ? last.recordsBefore + BigInt(last.recordCount) : 0n);
              if (last) expect(result.appendTimeUs).toBeGreaterThan(last.appendTimeUs);
              const { shardId: _, ...place } = result;
              model.push({ ...place, recordCount: header.recordCount, sizeBytes: bytes.length });
            }
          }
        }
        ids.forEach((id, index) => check(store, id, models[index] as ModelBatch[]));
        for (const [index, shard] of store.shards().entries()) {
          const model = models[index] as ModelBatch[];
          expect(shard.recordsTotal).toBe(BigInt(model.reduce((sum, { recordCount }) => sum + recordCount, 0)));
          expect(shard.bytes).toBe(model.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
        }
        store.close();
      }),
      { numRuns: 40 },
    );
  });

  it('finds an ordinal among many batches with wild gaps', () => {
    const store = open(join(temporaryFolder(), 'broker.db'));
    const id = store.createShards([{ streamId: 's', stream: 'orders', number: 0 }])[0]?.id as number;
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48271) % 0x7fffffff) % below;
    const batches = Array.from({ length: 3000 }, () => {
      const count = 1 + random(3);
      return batchWithGap(id, count, count + (random(10) === 0 ? random(2 ** 30) : 0));
    });
    const results = appended(store, ...batches);
    const total = store.shards()[0]?.recordsTotal as bigint;
    for (let round = 0; round < 2000; round++) {
      const ordinal = BigInt(random(Number(total)));
      const found = store.locate(id, { ordinal }) as BatchMeta;
      expect(ordinal >= found.recordsBefore && ordinal < found.recordsBefore + BigInt(found.recordCount)).toBe(true);
    }
    expect(store.locate(id, { ordinal: total })).toBeNull();
    expect(store.locate(id, { offset: (results.at(-1)?.lastOffset as bigint) + 1n })).toBeNull();
    store.close();
  });
});
