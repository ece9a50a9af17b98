/** A shard that somebody reads is not trimmed before that is over, whatever is asked meanwhile; and is in rest when its reader begins. */
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createKeeping } from '../../../main/cluster/keeping.ts';
import { type Log, openLog } from '../../../main/log/index.ts';
import { batchOf, temporaryFolder } from '../log/store/folder.ts';

const writerFile = join(import.meta.dirname, '../../../main/log/writerThread.ts');
const checkpointFile = join(import.meta.dirname, '../../../main/log/checkpointThread.ts');

async function opened(): Promise<{ log: Log; id: number; start: () => bigint }> {
  const onLost = (why: string): never => {
    throw new Error(why);
  };
  const log = await openLog({
    ...{ path: join(temporaryFolder(), 'broker.db'), brokerId: 1, durability: 'fast', writerFile, checkpointFile, onLost },
  });
  onTestFinished(() => log.close().catch(() => {}));
  const [shard] = await log.createShards([{ streamId: 's', stream: 'state', number: 0 }]);
  for (let n = 0; n < 600; n++) await log.append([batchOf(shard!.id, 10)], 1);
  return { log, id: shard!.id, start: () => log.shards()[0]!.startOffset };
}

it('what is asked while it is kept waits until nobody keeps it any more', async () => {
  const { log, id, start } = await opened();
  const keeping = createKeeping(log);
  await keeping.keep([id]);
  await keeping.keep([id]);
  await keeping.trimBefore(id, 2_000n);
  await keeping.trimBefore(id, 3_000n);
  await keeping.keepNoMore([id]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(start()).toBe(0n);
  await keeping.keepNoMore([id]);
  await expect.poll(start).toBe(3_000n);
});

it('what was asked before is done when it is kept, and known to be', async () => {
  const { log, id, start } = await opened();
  const keeping = createKeeping(log);
  await keeping.trimBefore(id, 5_995n);
  await keeping.keep([id]);
  // Whole batches only.
  expect(start()).toBe(5_990n);
  await keeping.trimBefore(id, 6_000n);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(start()).toBe(5_990n);
});
