/** A temporary folder per test, and shorthands for what goes into a store. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { encodeBatch, verifyBatch, type Appended, type BatchToAppend, type Store, type StoreOptions } from '../../../../main/log/index.ts';
import { openWholeStore, type WholeStore } from '../../../wholeStore.ts';

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function open(path: string, options: Partial<StoreOptions> = {}): WholeStore {
  return openWholeStore({ path, brokerId: 1, now: () => 1_700_000_000_000, ...options });
}

export function toAppend(shardId: number, bytes: Buffer): BatchToAppend {
  return { shardId, bytes, header: verifyBatch(bytes) };
}

/** A batch of `count` records that say which they are. */
export function batchOf(shardId: number, count: number, name = 'v', valueBytes = 0): BatchToAppend {
  const records = Array.from({ length: count }, (_, index) => ({
    key: null,
    value: Buffer.concat([Buffer.from(`${name}${index}`), Buffer.alloc(valueBytes)]),
    headers: [],
    timestamp: 1_000n,
  }));
  return toAppend(shardId, encodeBatch({ records }));
}

/** A batch of `count` records over `span` offsets: its last offset delta leaves a gap at the end. */
export function batchWithGap(shardId: number, count: number, span: number): BatchToAppend {
  const { bytes, header } = batchOf(shardId, count);
  return { shardId, bytes, header: { ...header, lastOffsetDelta: span - 1 } };
}

export function appended(store: Store, ...batches: BatchToAppend[]): Appended[] {
  return store.append(batches).map((result) => {
    if (result instanceof Error) throw result;
    return result;
  });
}

export function oneShard(store: Store): number {
  return store.createShards([{ streamId: 's', stream: 'orders', number: 0 }])[0]?.id as number;
}

/** A batch with a record for each of these timestamps. */
export function batchAt(shardId: number, ...timestamps: bigint[]): BatchToAppend {
  return toAppend(shardId, encodeBatch({ records: timestamps.map((timestamp) => ({ key: null, value: null, headers: [], timestamp })) }));
}
