/** Programs of others, as a student runs them beside the page: one with kafkajs that writes, one with @platformatic/kafka that reads. */
import { Consumer } from '@platformatic/kafka';
import { type Admin, Kafka, logLevel, type Message, Partitioners, type Producer } from 'kafkajs';

/** kafkajs says nothing of itself; @platformatic/kafka names itself and its version. */
function kafkaOf(clientId: string, brokers: string[]): Kafka {
  return new Kafka({ clientId, brokers, logLevel: logLevel.NOTHING, retry: { retries: 2, initialRetryTime: 50 } });
}

export interface Writer {
  send(topic: string, ...messages: (string | Message)[]): Promise<void>;
  close(): Promise<void>;
}

export async function startWriter(clientId: string, brokers: string[]): Promise<Writer> {
  const producer: Producer = kafkaOf(clientId, brokers).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return {
    async send(topic, ...messages) {
      await producer.send({ topic, messages: messages.map((message) => (typeof message === 'string' ? { value: message } : message)) });
    },
    close: () => producer.disconnect(),
  };
}

export async function withAdmin<T>(clientId: string, brokers: string[], work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaOf(clientId, brokers).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Reads shards that it names itself, from where it is told. */
export interface PlainReader {
  /** How many records came: those of whole batches. */
  fetch(topic: string, shard: number, offset: bigint): Promise<number>;
  close(): Promise<void>;
}

export function startReader(clientId: string, brokers: string[]): PlainReader {
  // It wants the name of a group and does not join it.
  const consumer = new Consumer({ clientId, groupId: 'none', bootstrapBrokers: brokers, retries: 0 });
  return {
    async fetch(topic, shard, offset) {
      const metadata = await consumer.metadata({ topics: [topic] });
      const { id, partitions } = metadata.topics.get(topic)!;
      const place = { partition: shard, fetchOffset: offset, partitionMaxBytes: 1024 * 1024 };
      const epochs = { currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
      const answer = await consumer.fetch({
        node: partitions[shard]!.leader,
        maxWaitTime: 100,
        topics: [{ topicId: id, partitions: [{ ...place, ...epochs }] }],
      });
      const batches = answer.responses[0]?.partitions[0]?.records ?? [];
      return batches.reduce((sum, { records }) => sum + records.length, 0);
    },
    close: () => consumer.close(),
  };
}
