/** kafkajs, unchanged, against a lab: it knows only the old encoding. */
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { readWhole, text } from '../../openLab.ts';
import { openKafkaLab } from './lab.ts';

function kafka(brokers: string[]): Kafka {
  return new Kafka({ clientId: 'kafkajs in a test', brokers, logLevel: logLevel.ERROR });
}

test('a producer writes into a topic that it makes by asking for it', async () => {
  const lab = await openKafkaLab();
  const producer = kafka([lab.address]).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  onTestFinished(() => producer.disconnect());
  await producer.connect();
  const sent = await producer.send({ topic: 'orders', messages: [{ key: 'k', value: 'one', headers: { h: 'v' } }, { value: 'two' }] });
  expect(sent).toMatchObject([{ topicName: 'orders', partition: 0, errorCode: 0, baseOffset: '0' }]);
  const { records } = await readWhole(lab.client, 'orders');
  expect(records.map(({ key, value }) => [text(key), text(value)])).toEqual([
    ['k', 'one'],
    [null, 'two'],
  ]);
});

test('an idempotent producer writes over three brokers', async () => {
  const lab = await openKafkaLab({ brokers: 3 });
  await lab.client.streams.create({ name: 'orders', shards: 6 });
  const producer = kafka([lab.address]).producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
  onTestFinished(() => producer.disconnect());
  await producer.connect();
  const messages = Array.from({ length: 60 }, (_, index) => ({ value: `v${index}`, partition: index % 6 }));
  for (let round = 0; round < 3; round++) await producer.send({ topic: 'orders', messages });
  const { records } = await readWhole(lab.client, 'orders');
  expect(records).toHaveLength(180);
});

test('the admin client makes, grows, describes, sets and deletes topics', async () => {
  const lab = await openKafkaLab();
  const admin = kafka([lab.address]).admin();
  onTestFinished(() => admin.disconnect());
  await admin.connect();
  expect(
    await admin.createTopics({
      topics: [{ topic: 'orders', numPartitions: 3, configEntries: [{ name: 'retention.ms', value: '60000' }] }],
    }),
  ).toBe(true);
  expect(await admin.createTopics({ topics: [{ topic: 'orders' }] })).toBe(false);
  expect(await lab.client.streams.list({})).toMatchObject([{ name: 'orders', shards: [{}, {}, {}], settings: { retentionMs: 60_000 } }]);
  await admin.createPartitions({ topicPartitions: [{ topic: 'orders', count: 5 }] });
  expect((await admin.fetchTopicMetadata({ topics: ['orders'] })).topics[0]!.partitions).toHaveLength(5);
  expect(await admin.listTopics()).toEqual(['orders']);
  const resource = { type: 2, name: 'orders' };
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ ...resource, configEntries: [{ name: 'compression.type', value: 'zstd' }] }],
  });
  const { resources } = await admin.describeConfigs({ includeSynonyms: true, resources: [resource] });
  const values = Object.fromEntries(resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]));
  expect(values).toMatchObject({ 'retention.ms': '-1', 'compression.type': 'zstd', 'cleanup.policy': 'delete' });
  expect(await admin.fetchTopicOffsets('orders')).toHaveLength(5);
  expect(await admin.describeCluster()).toMatchObject({ brokers: [{ nodeId: 1, host: '127.0.0.1' }], controller: 1 });
  await admin.deleteTopics({ topics: ['orders'] });
  expect(await lab.client.streams.list({})).toEqual([]);
});
