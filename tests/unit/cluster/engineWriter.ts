/** An engine in a process of its own that appends without end and tells its parent of each acknowledgement; made to be killed. */
import { createEngine } from '../../../main/engine.ts';
import { createNodeSpawner } from '../../../main/processes/nodeSpawner.ts';

const [workspace, builtFolder, resources] = process.argv.slice(2) as [string, string, string];
const spawner = createNodeSpawner(builtFolder);
const { services } = await createEngine({
  workspace,
  program: 'a writer',
  pid: process.pid,
  durability: 'safe',
  brokers: null,
  resources,
  version: '0.0.0',
  command: 'loglab',
  spawner: {
    spawn(entry) {
      const child = spawner.spawn(entry);
      process.send!({ pid: child.pid });
      return child;
    },
  },
  runsProcessors: true,
  kafka: null,
  now: Date.now,
  random: Math.random,
});
const { signal } = new AbortController();
const context = { signal, caller: signal };
await services.streams.create({ name: 'written', shards: 3 }, context);
for (let n = 0; ; n++) {
  const values = Array.from({ length: 5 }, (_, index) => `${n}/${index}`);
  await Promise.all(
    values.map(async (value) => {
      const record = { key: null, value: Buffer.from(value), headers: [], timestamp: null, shard: null };
      await services.produce.append({ stream: 'written', records: [record] }, context);
      process.send!({ value });
    }),
  );
}
