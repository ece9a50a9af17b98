/** Clients of Kafka for Node, in this process. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs, { CompressionTypes, Kafka, logLevel, Partitioners } from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import { kept, run } from '../javaPeer.ts';
import type { Client } from './clients.ts';

const FETCH_MS_MAX = 30_000;
const BYTES_MAX = 10_000_000;
/** How often a client that gets nothing asks again: each of them waits at the lab. */
const EMPTY_FETCHES_MAX = 50;

const typeOf: Record<string, CompressionTypes> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

interface Encoder {
  buffer: Buffer;
}

/** kafkajs has gzip; the others are plugged in, as its documentation says: snappy as a package of its makers, the rest from libraries. */
function plugCodecsIn(): void {
  const snappy = createRequire(path.join(snappyFolder(), 'index.js'))('kafkajs-snappy') as () => unknown;
  kafkajs.CompressionCodecs[CompressionTypes.Snappy] = snappy;
  kafkajs.CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: ({ buffer }: Encoder) => compressFrame(buffer),
    decompress: (buffer: Buffer) => decompressFrame(buffer),
  });
  kafkajs.CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: ({ buffer }: Encoder) => Promise.resolve(zstdCompressSync(buffer)),
    decompress: (buffer: Buffer) => Promise.resolve(zstdDecompressSync(buffer)),
  });
}

function snappyFolder(): string {
  return kept('kafkajs-snappy-1.1.0', [], (made) => {
    const args = ['install', '--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--prefix', made, 'kafkajs-snappy@1.1.0'];
    run('npm', args, 'npm could not fetch kafkajs-snappy');
  });
}

function kafkaOf(address: string): Kafka {
  plugCodecsIn();
  return new Kafka({ clientId: 'interop', brokers: [address], logLevel: logLevel.ERROR });
}

/** What its consumers read with: those themselves read only as part of a group. */
interface KafkaJsCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[];
  findBroker(broker: { nodeId: string }): Promise<KafkaJsBroker>;
}

interface KafkaJsBroker {
  fetch(asked: {
    maxWaitTime: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): Promise<{ responses: { partitions: { messages: { offset: string; value: Buffer }[] }[] }[] }>;
}

function clusterOf(kafka: Kafka): KafkaJsCluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster')!;
  const create = (kafka as unknown as Record<symbol, (options: object) => KafkaJsCluster>)[symbol]!;
  return create({ metadataMaxAge: FETCH_MS_MAX });
}

export const kafkaJs: Client = {
  name: 'kafkajs',
  async produce(address, topic, codec, sent) {
    const producer = kafkaOf(address).producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic, compression: typeOf[codec]!, messages: sent.map((value) => ({ value })) });
    await producer.disconnect();
  },
  async read(address, topic) {
    const cluster = clusterOf(kafkaOf(address));
    await cluster.connect();
    await cluster.addTargetTopic(topic);
    const read: string[] = [];
    for (const { partitionId, leader } of cluster.findTopicPartitionMetadata(topic)) {
      const broker = await cluster.findBroker({ nodeId: String(leader) });
      for (let next = 0n; ;) {
        const asked = [{ partition: partitionId, fetchOffset: String(next), maxBytes: BYTES_MAX }];
        const { responses } = await broker.fetch({ maxWaitTime: 100, topics: [{ topic, partitions: asked }] });
        // A batch that the offset lies within comes whole.
        const messages = responses[0]!.partitions[0]!.messages.filter(({ offset }) => BigInt(offset) >= next);
        if (messages.length === 0) break;
        read.push(...messages.map(({ value }) => value.toString()));
        next = BigInt(messages.at(-1)!.offset) + 1n;
      }
    }
    await cluster.disconnect();
    return read;
  },
};

export const platformatic: Client = {
  name: '@platformatic/kafka',
  async produce(address, topic, codec, sent) {
    const { Producer, stringSerializers } = await import('@platformatic/kafka');
    const producer = new Producer({
      clientId: 'interop',
      bootstrapBrokers: [address],
      serializers: stringSerializers,
      compression: codec as 'none',
      idempotent: true,
    });
    await producer.send({ messages: sent.map((value) => ({ topic, value })), acks: -1 });
    await producer.close();
  },
  async read(address, topic, count, partitions) {
    const { Consumer } = await import('@platformatic/kafka');
    const consumer = new Consumer({ clientId: 'interop', groupId: 'none', bootstrapBrokers: [address] });
    const { topics } = await consumer.metadata({ topics: [topic] });
    const { id, partitions: known } = topics.get(topic)!;
    const next = Array.from({ length: partitions }, () => 0n);
    const read: string[] = [];
    for (let empty = 0; read.length < count && empty < EMPTY_FETCHES_MAX;) {
      let got = 0;
      for (const [partition, fetchOffset] of next.entries()) {
        const asked = { partition, fetchOffset, currentLeaderEpoch: -1, lastFetchedEpoch: -1, partitionMaxBytes: BYTES_MAX };
        const { responses } = await consumer.fetch({
          ...{ node: known[partition]!.leader, minBytes: 1, maxBytes: BYTES_MAX, maxWaitTime: 100 },
          topics: [{ topicId: id, partitions: [asked] }],
        });
        for (const batch of responses[0]?.partitions[0]?.records ?? []) {
          for (const { offsetDelta, value } of batch.records) {
            const offset = batch.firstOffset + BigInt(offsetDelta);
            if (offset < next[partition]!) continue;
            read.push(value!.toString());
            next[partition] = offset + 1n;
            got += 1;
          }
        }
      }
      if (got === 0) empty += 1;
    }
    await consumer.close();
    return read;
  },
};
