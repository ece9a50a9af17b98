import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { awaitMore } from '../../../main/cluster/awaitMore.ts';
import { type Log, openLog } from '../../../main/log/index.ts';
import { batchOf, temporaryFolder } from '../log/store/folder.ts';

const log = join(import.meta.dirname, '../../../main/log');
const never = new AbortController().signal;

async function openedWithShard(): Promise<{ opened: Log; shardId: number }> {
  const opened = await openLog({
    ...{ path: join(temporaryFolder(), 'broker.sqlite'), brokerId: 1, durability: 'safe' },
    ...{ writerFile: join(log, 'writerThread.ts'), checkpointFile: join(log, 'checkpointThread.ts'), onLost: () => {} },
  });
  onTestFinished(() => opened.close());
  const [shard] = await opened.createShards([{ streamId: 's', stream: 'orders', number: 0 }]);
  return { opened, shardId: shard!.id };
}

it('answers who may see it before the disk has an event, everybody else when it has', async () => {
  const { opened, shardId } = await openedWithShard();
  const answered: string[] = [];
  const waits = (['highWatermark', 'committed'] as const).map(async (upTo) => {
    await awaitMore(opened, [{ shardId, offset: 0n }], { upTo, ms: 10_000, signal: never });
    answered.push(`${upTo} at ${opened.end(shardId)}`);
  });
  await opened.append([batchOf(shardId, 1)], 1);
  await Promise.all(waits);
  expect(answered).toEqual(['committed at 0', 'highWatermark at 1']);
});

it('answers at once where there is more already, and when the shard goes', async () => {
  const { opened, shardId } = await openedWithShard();
  await opened.append([batchOf(shardId, 1)], 1);
  const places = (offset: bigint) => [{ shardId, offset }];
  const gone = awaitMore(opened, places(1n), { upTo: 'committed', ms: 60_000, signal: never });
  await awaitMore(opened, places(0n), { upTo: 'committed', ms: 60_000, signal: never });
  await opened.deleteShards([shardId]);
  await gone;
});
