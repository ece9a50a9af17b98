/** A broker in a process of its own, with some shards, for what a task talks to it through. */
import path from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { type BrokerClient, type BrokerLink, createBrokerLink } from '../../../../main/cluster/brokerLink.ts';
import { decodeStored, encodeBatch, type NewRecord } from '../../../../main/log/index.ts';
import { createNodeSpawner } from '../../../../main/processes/nodeSpawner.ts';
import { builtFolder, temporaryFolder, text } from '../../openLab.ts';

export interface TestBroker {
  id: number;
  client: BrokerClient;
  link: BrokerLink;
  file: string;
  /** Ids. */
  shards: number[];
  /** Ends it, has its file changed, and starts it again. */
  changed(change: (file: string) => void): Promise<BrokerClient>;
}

/** It goes away with the test. */
export async function startBroker(id: number, shardCount: number): Promise<TestBroker> {
  const { folder, remove } = temporaryFolder();
  const file = path.join(folder, `broker-${id}.sqlite`);
  const start = async (): Promise<BrokerLink> => {
    const link = createBrokerLink({
      controller: () => {
        throw new Error('Nothing listens here.');
      },

      spawner: createNodeSpawner(builtFolder),
      boot: { brokerId: id, file, durability: 'fast' },
      changed: () => {},
      cameUp: async () => {},
    });
    await link.start();
    return link;
  };
  const broker = { id, link: await start(), file } as TestBroker;
  broker.client = broker.link.client();
  const made = await broker.client.createShards({ streamId: 'tried', stream: 'tried', numbers: [...Array(shardCount).keys()] });
  broker.shards = made.map((shard) => shard.id);
  broker.changed = async (change) => {
    await broker.link.close();
    change(file);
    broker.link = await start();
    broker.client = broker.link.client();
    return broker.client;
  };
  onTestFinished(async () => {
    await broker.link.close();
    remove();
  });
  return broker;
}

export const recordOf = (value: string): NewRecord => ({ key: null, value: Buffer.from(value), headers: [], timestamp: 1n });

/** One batch. */
export function append({ client }: TestBroker, shardId: number, values: readonly string[]): Promise<unknown> {
  return client.append({ batches: [{ shardId, bytes: encodeBatch({ records: values.map(recordOf) }) }], underWay: 1 });
}

/** All that is in a shard. */
export async function valuesIn({ client }: TestBroker, shardId: number): Promise<(string | null)[]> {
  const { batches } = await client.fetch({ shardId, from: 0n, bytesMax: 1024 * 1024 });
  return batches.flatMap(decodeStored).map(({ value }) => text(value));
}

export async function trimmedBefore({ client }: TestBroker, shardId: number, offset: bigint): Promise<void> {
  await client.trimBefore({ shardId, offset });
  await vi.waitFor(
    async () => {
      const [bounds] = await client.bounds({ shardIds: [shardId] });
      if (bounds!.startOffset < offset) throw new Error(`It still begins at ${bounds!.startOffset}.`);
    },
    { interval: 20 },
  );
}
