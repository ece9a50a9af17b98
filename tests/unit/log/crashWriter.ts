/** A process of crash.test.ts: appends until it is killed, and prints each offset once it was acknowledged. */
import { writeSync } from 'node:fs';
import { createCommitter, encodeBatch, openStore, verifyBatch } from '../../../main/log/index.ts';

const store = openStore({ path: process.argv[2] as string, brokerId: 1, now: Date.now });
const shardId = (store.shards()[0] ?? store.createShards([{ streamId: 's', stream: 'orders', number: 0 }])[0])?.id as number;
const committer = createCommitter(store);

async function appendForever(): Promise<void> {
  for (let round = 0; ; round++) {
    const records = Array.from({ length: 1 + (round % 50) }, () => ({ key: null, value: Buffer.alloc(100), headers: [], timestamp: 0n }));
    const bytes = encodeBatch({ records });
    const [result] = await committer.append([{ shardId, bytes, header: verifyBatch(bytes) }]);
    if (result === undefined || result instanceof Error) throw result;
    writeSync(1, `${result.lastOffset}\n`);
  }
}

await Promise.all([appendForever(), appendForever(), appendForever()]);
