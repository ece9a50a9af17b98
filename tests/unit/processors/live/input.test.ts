/** What a task reads of one shard: in order, each once, whatever was trimmed, compacted or damaged. */
import { crc32c } from '@node-rs/crc32';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { encodeBatch } from '../../../../main/log/index.ts';
import { Input } from '../../../../main/processors/process/live/input.ts';
import { text } from '../../openLab.ts';
import { append, recordOf, startBroker, type TestBroker, trimmedBefore } from './broker.ts';

interface Reading {
  input: Input;
  /** What was told of events that are not there. */
  gaps: string[];
}

/** `bytesMax` 1: a batch a fetch. */
function read({ client, id, shards: [shardId] }: TestBroker, from: bigint, bytesMax = 1): Reading {
  const gaps: string[] = [];
  const input = new Input({
    stream: 'tried',
    brokerId: id,
    shardId: shardId!,
    broker: client,
    upTo: 'highWatermark',
    from,
    bytesMax,
    onGap: (why) => gaps.push(why),
  });
  return { input, gaps };
}

/** Takes all there is by now: offset, value, and how many were appended before. */
async function taken(input: Input): Promise<[offset: bigint, value: string | null, row: bigint | null][]> {
  const all: [bigint, string | null, bigint | null][] = [];
  for (await input.fill(); input.head; await input.fill()) {
    all.push([input.head.offset, text(input.head.value), input.row]);
    input.take();
  }
  return all;
}

it('reads batch after batch, and goes on where it ended once there is more', async () => {
  const broker = await startBroker(1, 1);
  const shardId = broker.shards[0]!;
  await append(broker, shardId, ['a', 'b']);
  await append(broker, shardId, ['c']);
  for (const bytesMax of [1, 1024 * 1024]) {
    const { input, gaps } = read(broker, 0n, bytesMax);
    expect([input.head, input.isHungry, input.position, input.row]).toEqual([null, true, 0n, null]);
    expect(await taken(input)).toEqual([
      [0n, 'a', 0n],
      [1n, 'b', 1n],
      [2n, 'c', 2n],
    ]);
    expect([input.head, input.isHungry, input.position, input.row, input.heldUpTo]).toEqual([null, false, 3n, 3n, 3n]);
    expect(gaps).toEqual([]);
  }

  const { input } = read(broker, 3n);
  expect(await taken(input)).toEqual([]);
  expect(input.awaited).toEqual({ shardId, offset: 3n });
  await append(broker, shardId, ['d']);
  // It does not look by itself.
  expect(await taken(input)).toEqual([]);
  input.woken();
  expect(input.isHungry).toBe(true);
  expect(await taken(input)).toEqual([[3n, 'd', 3n]]);
});

it('begins in the middle of a batch, and knows what it holds', async () => {
  const broker = await startBroker(1, 1);
  await append(broker, broker.shards[0]!, ['a', 'b', 'c', 'd']);
  await append(broker, broker.shards[0]!, ['e']);
  const { input } = read(broker, 2n);
  expect(input.heldUpTo).toBe(2n);
  await input.fill();
  expect([input.head?.offset, input.row, input.position]).toEqual([2n, 2n, 2n]);
  // All of the first batch is in memory; of the second the fetch is under way.
  expect([4n, 5n]).toContain(input.heldUpTo);
  const now = Date.now() * 1_000;
  expect(Number(input.appendTimeUs)).toBeGreaterThan(now - 60_000_000);
  expect(Number(input.appendTimeUs)).toBeLessThanOrEqual(now + 1_000_000);
  expect((await taken(input)).map(([, value]) => value)).toEqual(['c', 'd', 'e']);
});

it('offsets at the end of a batch may be nobody’s: the position is behind them', async () => {
  const broker = await startBroker(1, 1);
  // As compaction leaves one: it had four records, of which the last two are gone.
  const compacted = encodeBatch({ records: ['a', 'b'].map(recordOf) });
  compacted.writeInt32BE(3, 23);
  compacted.writeUInt32BE(crc32c(compacted.subarray(21)), 17);
  await broker.client.append({ batches: [{ shardId: broker.shards[0]!, bytes: compacted }], underWay: 1 });
  const first = read(broker, 0n);
  expect((await taken(first.input)).map(([offset]) => offset)).toEqual([0n, 1n]);
  expect(first.input.position).toBe(4n);
  await append(broker, broker.shards[0]!, ['e']);
  // From within them it is the next batch that is read.
  const { input, gaps } = read(broker, 2n);
  expect(await taken(input)).toEqual([[4n, 'e', 2n]]);
  expect([input.position, gaps]).toEqual([5n, []]);
});

it('what was trimmed before it was read is said, and it goes on where the shard begins', async () => {
  const broker = await startBroker(1, 1);
  const shardId = broker.shards[0]!;
  for (const value of ['a', 'b', 'c']) await append(broker, shardId, [value]);
  await trimmedBefore(broker, shardId, 2n);
  const { input, gaps } = read(broker, 0n);
  expect(await taken(input)).toEqual([[2n, 'c', 2n]]);
  expect(gaps).toEqual(['The events from offset 0 up to 2 are not there any more; it goes on at 2.']);

  // All of it is gone: the end is where it goes on.
  await trimmedBefore(broker, shardId, 3n);
  const again = read(broker, 1n);
  expect(await taken(again.input)).toEqual([]);
  expect([again.input.position, again.gaps]).toEqual([3n, ['The events from offset 1 up to 3 are not there any more; it goes on at 3.']]);
});

it('a position behind the end of the shard, as of another one, is said, and it goes on at the end', async () => {
  const broker = await startBroker(1, 1);
  await append(broker, broker.shards[0]!, ['a']);
  const { input, gaps } = read(broker, 9n);
  expect(await taken(input)).toEqual([]);
  expect(gaps).toHaveLength(1);
  expect([input.position, input.awaited.offset, input.isHungry]).toEqual([1n, 1n, false]);
  await append(broker, broker.shards[0]!, ['b']);
  input.woken();
  expect(await taken(input)).toEqual([[1n, 'b', 1n]]);
});

it('a damaged batch is said and passed over; the ones around it are read', async () => {
  const broker = await startBroker(1, 1);
  for (const values of [['a'], ['b', 'c'], ['d']]) await append(broker, broker.shards[0]!, values);
  await broker.changed((file) => {
    const db = new Database(file);
    const { rowid, bytes } = db
      .prepare<[], { rowid: number; bytes: Buffer }>('SELECT rowid, bytes FROM batch WHERE base_offset = 1')
      .get()!;
    bytes[bytes.length - 2]! ^= 0x01;
    db.prepare('UPDATE batch SET bytes = ? WHERE rowid = ?').run(bytes, rowid);
    db.close();
  });
  for (const bytesMax of [1, 1024 * 1024]) {
    const { input, gaps } = read(broker, 0n, bytesMax);
    expect((await taken(input)).map(([offset, value]) => [offset, value])).toEqual([
      [0n, 'a'],
      [3n, 'd'],
    ]);
    expect(gaps).toEqual([expect.stringMatching(/damaged.* Its events are passed over\.$/)]);
    expect(input.position).toBe(4n);
  }
});

it('says why it can not read where the broker is gone, each time it is asked', async () => {
  const broker = await startBroker(1, 1);
  await append(broker, broker.shards[0]!, ['a']);
  const { input } = read(broker, 0n);
  await broker.link.close();
  await expect(input.fill()).rejects.toMatchObject({ code: 'broker-down' });
  await expect(input.fill()).rejects.toMatchObject({ code: 'broker-down' });
});
