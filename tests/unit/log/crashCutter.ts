/** A process of crash.test.ts: moves the start of a shard on, inside of its batches, until it is killed, and prints each start that it has. */
import { writeSync } from 'node:fs';
import { openStore } from '../../../main/log/index.ts';

const store = openStore({ path: process.argv[2] as string, brokerId: 1, now: Date.now });
const { id, startOffset, nextOffset } = store.shards()[0]!;
for (let offset = startOffset + 1n; offset < nextOffset; offset++) {
  store.beginAt(id, offset);
  while (store.reclaim(0));
  writeSync(1, `${store.shards()[0]!.startOffset}\n`);
}
