/** Everything that a broker's file holds, read with nothing but the store, and held against itself. */
import path from 'node:path';
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { decodeStored, type ShardState } from '../../main/log/index.ts';
import { openWholeStore, type WholeStore } from '../wholeStore.ts';
import type { Found } from './ledger.ts';

const READ_BYTES = 1024 * 1024;

export interface FileContent {
  found: Found[];
  shards: ShardState[];
}

export function openFile(file: string, brokerId = 1): WholeStore {
  return openWholeStore({ path: file, brokerId, now: Date.now });
}

/** All events of a shard; each batch is checked as it is decoded, and its neighbours must continue one another. */
export function eventsOf(store: WholeStore, shard: ShardState): Found[] {
  const found: Found[] = [];
  let records = shard.recordsTrimmed;
  for (let from = shard.startOffset; ;) {
    const { batches, endOffset } = store.read(shard.id, from, { upTo: 'highWatermark', bytesMax: READ_BYTES });
    for (const batch of batches) {
      expect(batch.baseOffset).toBe(from);
      expect(batch.recordsBefore).toBe(records);
      for (const { offset, value } of decodeStored(batch)) found.push({ shard: shard.number, offset, value: Buffer.from(value!) });
      from = batch.lastOffset + 1n;
      records += BigInt(batch.recordCount);
    }
    if (from >= endOffset) break;
  }
  expect(records).toBe(shard.recordsTotal);
  return found;
}

/** Opens the file as the next broker would, recovery included. */
export function contentOf(file: string, brokerId = 1): FileContent {
  const store = openFile(file, brokerId);
  try {
    const shards = store.shards();
    return { shards, found: shards.flatMap((shard) => eventsOf(store, shard)) };
  } finally {
    store.close();
  }
}

/** Of a workspace that nobody has open. Which broker has which shard comes along. */
export function contentOfWorkspace(folder: string): { found: Found[]; brokerOf: (shard: number) => number } {
  const found: Found[] = [];
  const owners = new Map<number, number>();
  for (let id = 1; existsSync(path.join(folder, `broker-${id}.sqlite`)); id++) {
    const file = path.join(folder, `broker-${id}.sqlite`);
    const content = contentOf(file, id);
    found.push(...content.found);
    for (const { number } of content.shards) owners.set(number, id);
    const db = new Database(file, { readonly: true });
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
  }
  return { found, brokerOf: (shard) => owners.get(shard)! };
}
