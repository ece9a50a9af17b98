/** An input whose events come while others of it are processed: the moments at which they come are told here, so the broker is none. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { BrokerClient } from '../../../main/cluster/brokerLink.ts';
import { decodeBatchHeader, encodeBatch, type StoredBatch, verifyBatch } from '../../../main/log/index.ts';
import { Input } from '../../../main/processors/process/live/input.ts';

function stored(offset: bigint): StoredBatch {
  const bytes = encodeBatch({ records: [{ key: null, value: Buffer.from(`v${offset}`), headers: [], timestamp: 0n }], baseOffset: offset });
  const rest = { shardId: 1, lastOffset: offset, recordsBefore: offset, appendTimeUs: 0n };
  return { ...verifyBatch(bytes), ...decodeBatchHeader(bytes), ...rest, bytes };
}

function open(fetch: (from: bigint) => Promise<StoredBatch[]>): Input {
  const broker = {
    fetch: async ({ from }: { from: bigint }) => ({ batches: await fetch(from), startOffset: 0n, endOffset: 2n }),
  } as unknown as BrokerClient;
  const onGap = (why: string): never => expect.fail(why);
  return new Input({ stream: 'in', brokerId: 1, shardId: 1, broker, upTo: 'highWatermark', from: 0n, bytesMax: 1, onGap });
}

it('goes on with what was fetched ahead and came just after the last event was taken', async () => {
  const second = Promise.withResolvers<StoredBatch[]>();
  const input = open((from) => (from === 0n ? Promise.resolve([stored(0n)]) : second.promise));
  await input.fill();
  expect(input.head?.offset).toBe(0n);
  input.take();
  second.resolve([stored(1n)]);
  await nextTurn();
  expect(input.isHungry).toBe(true);
  await input.fill();
  expect(input.head?.offset).toBe(1n);
  input.take();
  expect([input.isHungry, input.position, input.row]).toEqual([false, 2n, 2n]);
});

it('tells where it stands within a batch, and what it has in memory', async () => {
  const input = open((from) => Promise.resolve(from === 0n ? [stored(0n), stored(1n)] : []));
  await input.fill();
  expect([input.position, input.row, input.heldUpTo]).toEqual([0n, 0n, 2n]);
  input.take();
  expect([input.position, input.row, input.heldUpTo, input.head?.offset]).toEqual([1n, 1n, 2n, 1n]);
});
