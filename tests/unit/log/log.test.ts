import Database from 'better-sqlite3';
import { join } from 'node:path';
import { onTestFinished, expect, it } from 'vitest';
import { decodeStored, openLog, type Log, type LogOptions } from '../../../main/log/index.ts';
import { batchOf, temporaryFolder } from './store/folder.ts';

const writerFile = join(import.meta.dirname, '../../../main/log/writerThread.ts');
const checkpointFile = join(import.meta.dirname, '../../../main/log/checkpointThread.ts');
const all = { upTo: 'highWatermark', bytesMax: 1e9 } as const;

async function opened(options: Partial<LogOptions> = {}): Promise<Log> {
  const path = join(temporaryFolder(), 'broker.db');
  const onLost = (why: string): never => {
    throw new Error(why);
  };
  const log = await openLog({ path, brokerId: 1, durability: 'fast', writerFile, checkpointFile, onLost, ...options });
  onTestFinished(() => log.close().catch(() => {}));
  return log;
}

async function oneShard(log: Log): Promise<number> {
  const [shard] = await log.createShards([{ streamId: 's', stream: 'orders', number: 0 }]);
  return shard!.id;
}

it('answers after the commit, when the shards are known to have grown and what was appended can be read', async () => {
  const log = await opened();
  const id = await oneShard(log);
  let changes = 0;
  const stop = log.onChange(() => changes++);
  expect(log.appendP99Ms()).toBeNull();
  const [first, ...others] = await log.append([batchOf(id, 3), batchOf(99, 1), batchOf(id, 2)], 1);
  expect(log.shards()).toMatchObject([{ id, nextOffset: 5n, recordsTotal: 5n }]);
  expect(first).toMatchObject({ ok: true, appended: { baseOffset: 0n, lastOffset: 2n } });
  expect(others).toMatchObject([
    { ok: false, error: { code: 'no-such-shard' } },
    { ok: true, appended: { baseOffset: 3n } },
  ]);
  expect(log.reader.read(id, 0n, all).batches.flatMap(decodeStored)).toHaveLength(5);
  expect(log.appendP99Ms()).toBeGreaterThan(0);
  expect(changes).toBe(1);
  stop();
  await log.append([batchOf(id, 1)], 1);
  expect(changes).toBe(1);
});

it('shows what is committed before it is acknowledged only to who asks for that', async () => {
  const log = await opened({ durability: 'safe' });
  const id = await oneShard(log);
  const seen: { committed: bigint; acknowledged: bigint; read: number[] }[] = [];
  const stop = log.onCommit(() => {
    const read = (['committed', 'highWatermark'] as const).map((upTo) => log.reader.read(id, 0n, { upTo, bytesMax: 1e9 }).batches.length);
    seen.push({ committed: log.committedEnd(id)!, acknowledged: log.end(id)!, read });
  });
  await log.append([batchOf(id, 2)], 1);
  stop();
  // The sync had not begun yet.
  expect(seen).toEqual([{ committed: 2n, acknowledged: 0n, read: [1, 0] }]);
  expect(log.end(id)).toBe(2n);
  await log.deleteShards([id]);
  expect(log.committedEnd(id)).toBeUndefined();
});

it('leaves the bytes of an append with who asked for it', async () => {
  const log = await opened();
  const batch = batchOf(await oneShard(log), 2);
  await log.append([batch], 1);
  expect(batch.bytes.length).toBeGreaterThan(0);
});

it('keeps the bytes of each append that waits, whatever becomes of those it was handed, and takes more when they are answered', async () => {
  const log = await opened({ queueBytesMax: 400_000 });
  const id = await oneShard(log);
  const names = Array.from({ length: 30 }, (_, n) => `batch ${n}, record `);
  for (let round = 0; round < 3; round++) {
    const waiting = names.map((name) => {
      const batch = batchOf(id, 1, name, 10_000);
      const answered = log.append([batch], 5);
      batch.bytes.fill(0);
      return answered;
    });
    await Promise.all(waiting);
  }
  // The checksum of each is checked, too.
  const read = log.reader.read(id, 0n, all).batches.flatMap(decodeStored);
  expect(read.map(({ value }) => String(value).replaceAll('\0', ''))).toEqual([0, 1, 2].flatMap(() => names.map((name) => `${name}0`)));
});

it('refuses what would not fit into the queue, and takes it later', async () => {
  const log = await opened({ queueBytesMax: 2_500 });
  const id = await oneShard(log);
  const first = log.append([batchOf(id, 1, 'v', 2000)], 1);
  await expect(log.append([batchOf(id, 1, 'v', 2000)], 1)).rejects.toMatchObject({ code: 'too-many', retriable: true });
  await first;
  await expect(log.append([batchOf(id, 1, 'v', 2000)], 1)).resolves.toMatchObject([{ ok: true }]);
});

it('deletes shards that nothing was appended to, all or none, and tells that they are gone', async () => {
  const log = await opened();
  const made = await log.createShards([0, 1].map((number) => ({ streamId: 's', stream: 'orders', number })));
  const ids = made.map(({ id }) => id);
  await log.append([batchOf(ids[1]!, 1)], 1);
  await expect(log.deleteEmptyShards(ids)).resolves.toBe(false);
  await expect(log.deleteEmptyShards([ids[0]!])).resolves.toBe(true);
  expect(log.shards().map(({ id }) => id)).toEqual([ids[1]]);
  await expect(log.deleteEmptyShards([ids[0]!])).rejects.toMatchObject({ code: 'no-such-shard' });
});

it('says why a file can not be opened', async () => {
  const path = join(temporaryFolder(), 'broker.db');
  const other = new Database(path);
  other.exec('CREATE TABLE mine (x)');
  other.close();
  await expect(opened({ path })).rejects.toMatchObject({ code: 'not-a-log' });
});

it('commits what waits when it is closed, and then takes nothing more', async () => {
  const path = join(temporaryFolder(), 'broker.db');
  const log = await opened({ path });
  const id = await oneShard(log);
  const waiting = log.append([batchOf(id, 1)], 1);
  const closed = log.close();
  await expect(log.append([batchOf(id, 1)], 1)).rejects.toMatchObject({ code: 'broker-down' });
  await expect(waiting).resolves.toMatchObject([{ ok: true }]);
  await closed;
  const again = await opened({ path });
  expect(again.shards()).toMatchObject([{ nextOffset: 1n }]);
});
