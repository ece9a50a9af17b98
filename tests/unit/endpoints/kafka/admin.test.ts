/** What is asked of the controller, through any broker, and what a broker tells of itself. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import { errorCodes } from '../../../../main/endpoints/kafka/errorCodes.ts';
import { openLab, temporaryFolder } from '../../openLab.ts';
import { openKafkaLab } from './lab.ts';
import { batch, type WireClient } from './wireClient.ts';

const newTopic = (name: string, rest: object = {}) => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...rest,
});

async function create(client: WireClient, ...topics: ReturnType<typeof newTopic>[]) {
  return (await client.ask(apis.createTopics, 7, { topics })).topics;
}

describe('topics', () => {
  test('are made on the brokers that are said, with their settings, and refused with their reasons', async () => {
    const lab = await openKafkaLab({ brokers: 2 });
    const client = await lab.wire(2);
    const assignments = [
      { partitionIndex: 0, brokerIds: [2] },
      { partitionIndex: 1, brokerIds: [2] },
    ];
    expect(await create(client, newTopic('a', { numPartitions: -1, replicationFactor: -1, assignments }))).toMatchObject([
      { errorCode: 0, numPartitions: 2 },
    ]);
    expect((await lab.client.streams.list({}))[0]!.shards.map(({ brokerId }) => brokerId)).toEqual([2, 2]);
    expect(await create(client, newTopic('b', { numPartitions: -1, configs: [{ name: 'retention.ms', value: '60000' }] }))).toMatchObject([
      { errorCode: 0, numPartitions: 1 },
    ]);
    const wrong: [object, number][] = [
      [newTopic('a'), errorCodes.TOPIC_ALREADY_EXISTS],
      [newTopic('in valid'), errorCodes.INVALID_TOPIC_EXCEPTION],
      [newTopic('__positions'), errorCodes.INVALID_TOPIC_EXCEPTION],
      [newTopic('c', { numPartitions: 0 }), errorCodes.INVALID_PARTITIONS],
      [newTopic('c', { numPartitions: 257 }), errorCodes.INVALID_PARTITIONS],
      [newTopic('c', { replicationFactor: 3 }), errorCodes.INVALID_REPLICATION_FACTOR],
      [newTopic('c', { assignments }), errorCodes.INVALID_REQUEST],
      [
        newTopic('c', { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [1, 2] }] }),
        errorCodes.INVALID_REPLICA_ASSIGNMENT,
      ],
      [newTopic('c', { configs: [{ name: 'cleanup.policy', value: 'compact' }] }), errorCodes.INVALID_CONFIG],
      [newTopic('c', { configs: [{ name: 'retention.ms', value: '5' }] }), errorCodes.INVALID_CONFIG],
      [newTopic('c', { configs: [{ name: 'no.such', value: '5' }] }), errorCodes.INVALID_CONFIG],
      [newTopic('c', { configs: [{ name: 'retention.ms', value: null }] }), errorCodes.INVALID_CONFIG],
    ];
    for (const [topic, errorCode] of wrong)
      expect(await create(client, topic as never), JSON.stringify(topic)).toMatchObject([{ errorCode }]);
    await create(client, newTopic('d.e'));
    expect(await create(client, newTopic('d_e'))).toMatchObject([{ errorCode: errorCodes.INVALID_TOPIC_EXCEPTION }]);
    // Told once, for the topic.
    expect(await create(client, newTopic('f'), newTopic('f'))).toMatchObject([{ name: 'f', errorCode: errorCodes.INVALID_REQUEST }]);
    const checked = await client.ask(apis.createTopics, 7, { topics: [newTopic('g')], validateOnly: true });
    expect(checked.topics).toMatchObject([{ errorCode: 0 }]);
    expect((await lab.client.streams.list({})).map(({ name }) => name)).toEqual(['a', 'b', 'd.e']);
  });

  test('are told of by name, by id and in pages; made by asking for them only where the lab allows it', async () => {
    const lab = await openKafkaLab();
    const client = await lab.wire();
    const [made] = await create(client, newTopic('a', { numPartitions: 3 }));
    const byId = await client.ask(apis.metadata, 12, { topics: [{ topicId: made!.topicId, name: null }] });
    expect(byId.topics).toMatchObject([{ name: 'a', partitions: [{}, {}, {}] }]);
    const unknown = '11111111-1111-4111-8111-111111111111';
    expect((await client.ask(apis.metadata, 12, { topics: [{ topicId: unknown, name: null }] })).topics).toMatchObject([
      { errorCode: errorCodes.UNKNOWN_TOPIC_ID },
    ]);
    const page = await client.ask(apis.describeTopicPartitions, 0, { topics: [], responsePartitionLimit: 2 });
    expect(page).toMatchObject({ topics: [{ name: 'a', partitions: [{}, {}] }], nextCursor: { topicName: 'a', partitionIndex: 2 } });
    const last = await client.ask(apis.describeTopicPartitions, 0, { topics: [], cursor: page.nextCursor });
    expect(last).toMatchObject({ topics: [{ name: 'a', partitions: [{ partitionIndex: 2 }] }], nextCursor: null });
    const ask = async (name: string, allowAutoTopicCreation = true) =>
      (await client.ask(apis.metadata, 9, { topics: [{ name }], allowAutoTopicCreation })).topics[0]!;
    expect(await ask('b', false)).toMatchObject({ errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION });
    await lab.client.lab.changeSettings({ topicShards: 4 });
    await expect.poll(async () => (await ask('b')).partitions.length).toBe(4);
    await lab.client.lab.changeSettings({ topicsMadeOnUse: false });
    await expect.poll(async () => (await ask('c')).errorCode).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
    expect(await ask('in valid')).toMatchObject({ errorCode: errorCodes.INVALID_TOPIC_EXCEPTION });
  });

  test('grow and go, and are not found afterwards', async () => {
    const lab = await openKafkaLab();
    const client = await lab.wire();
    const [made] = await create(client, newTopic('a'));
    const grow = async (count: number, rest: object = {}) =>
      (await client.ask(apis.createPartitions, 3, { topics: [{ name: 'a', count, assignments: null, ...rest }] })).results[0]!;
    expect(await grow(3)).toMatchObject({ errorCode: 0 });
    expect(await grow(3)).toMatchObject({ errorCode: errorCodes.INVALID_PARTITIONS });
    expect(await grow(4, { name: 'b' })).toMatchObject({ errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION });
    expect((await client.ask(apis.metadata, 9, { topics: [{ name: 'a' }] })).topics[0]!.partitions).toHaveLength(3);
    const { responses } = await client.ask(apis.deleteTopics, 6, { topics: [{ topicId: made!.topicId }, { name: 'nowhere' }] });
    expect(responses).toMatchObject([{ name: 'a', errorCode: 0 }, { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION }]);
    expect((await client.ask(apis.metadata, 9, { topics: null })).topics).toEqual([]);
  });

  test('grow on the brokers that are said, and not at all where one of them can not be', async () => {
    const lab = await openKafkaLab({ brokers: 2 });
    const client = await lab.wire(1);
    await create(client, newTopic('a', { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [2] }] }));
    const grow = async (count: number, brokerIds: number[][], validateOnly = false) => {
      const assignments = brokerIds.map((ids) => ({ brokerIds: ids }));
      return (await client.ask(apis.createPartitions, 3, { topics: [{ name: 'a', count, assignments }], validateOnly })).results[0]!;
    };
    const places = async () => (await lab.client.streams.list({}))[0]!.shards.map(({ brokerId }) => brokerId);
    for (const wrong of [[], [[2]], [[2], [2], [2]], [[2], [9]], [[2], []], [[2], [1, 2]]])
      expect(await grow(3, wrong), JSON.stringify(wrong)).toMatchObject({ errorCode: errorCodes.INVALID_REPLICA_ASSIGNMENT });
    expect(await grow(1, [[9]])).toMatchObject({ errorCode: errorCodes.INVALID_PARTITIONS });
    expect(await grow(3, [[2], [2]], true)).toMatchObject({ errorCode: 0 });
    expect(await places()).toEqual([2]);
    expect(await grow(3, [[2], [2]])).toMatchObject({ errorCode: 0 });
    expect(await grow(4, [[1]])).toMatchObject({ errorCode: 0 });
    expect(await places()).toEqual([2, 2, 2, 1]);
  });
});

test('settings are described, set, and taken back one by one or all together', async () => {
  const lab = await openKafkaLab();
  const client = await lab.wire();
  await create(client, newTopic('a'));
  const set = async (name: string, value: string | null, configOperation = 0, resourceType = 2) => {
    const { responses } = await client.ask(apis.incrementalAlterConfigs, 1, {
      resources: [{ resourceType, resourceName: 'a', configs: [{ name, value, configOperation }] }],
    });
    return responses[0]!.errorCode;
  };
  expect(await set('retention.ms', '60000')).toBe(0);
  expect(await set('retention.bytes', '100000')).toBe(0);
  expect(await set('compression.type', 'uncompressed')).toBe(errorCodes.INVALID_CONFIG);
  expect(await set('cleanup.policy', 'compact', 2)).toBe(errorCodes.INVALID_CONFIG);
  expect(await set('retention.ms', '60000', 0, 4)).toBe(errorCodes.INVALID_REQUEST);
  expect((await lab.client.streams.list({}))[0]!.settings).toMatchObject({
    retentionMs: 60_000,
    retentionBytes: 100_000,
    compression: 'none',
  });
  expect(await set('retention.bytes', null, 1)).toBe(0);
  await client.ask(apis.alterConfigs, 2, {
    resources: [{ resourceType: 2, resourceName: 'a', configs: [{ name: 'compression.type', value: 'gzip' }] }],
  });
  expect((await lab.client.streams.list({}))[0]!.settings).toMatchObject({ retentionMs: null, retentionBytes: null, compression: 'gzip' });
  const { results } = await client.ask(apis.describeConfigs, 4, {
    resources: [
      { resourceType: 2, resourceName: 'a', configurationKeys: ['compression.type'] },
      { resourceType: 4, resourceName: '1', configurationKeys: null },
      { resourceType: 4, resourceName: '9', configurationKeys: null },
    ],
    includeSynonyms: true,
  });
  expect(results[0]!.configs).toMatchObject([
    { name: 'compression.type', value: 'gzip', readOnly: false, configSource: 1, synonyms: [{ value: 'gzip' }, { value: 'producer' }] },
  ]);
  expect(results[1]!.configs.map(({ name }) => name)).toContain('num.partitions');
  expect(results[2]!.errorCode).toBe(errorCodes.INVALID_REQUEST);
});

test('records are trimmed, and what a broker holds is told', async () => {
  const lab = await openKafkaLab();
  const client = await lab.wire();
  await create(client, newTopic('a'));
  for (let round = 0; round < 3; round++) {
    await client.ask(apis.produce, 9, {
      acks: -1,
      timeoutMs: 1,
      topicData: [{ name: 'a', partitionData: [{ index: 0, records: batch(['x', 'y']) }] }],
    });
  }
  const trim = async (offset: bigint) =>
    (await client.ask(apis.deleteRecords, 2, { topics: [{ name: 'a', partitions: [{ partitionIndex: 0, offset }] }] })).topics[0]!
      .partitions[0]!;
  expect(await trim(2n)).toMatchObject({ errorCode: 0, lowWatermark: 2n });
  expect(await trim(7n)).toMatchObject({ errorCode: errorCodes.OFFSET_OUT_OF_RANGE });
  const { results } = await client.ask(apis.describeLogDirs, 4, { topics: null });
  expect(results).toMatchObject([
    { errorCode: 0, topics: [{ name: 'a', partitions: [{ partitionSize: BigInt(2 * batch(['x', 'y']).length) }] }] },
  ]);
  expect(await trim(-1n)).toMatchObject({ errorCode: 0, lowWatermark: 6n });
  const epochs = await client.ask(apis.offsetForLeaderEpoch, 4, {
    topics: [
      {
        topic: 'a',
        partitions: [
          { partition: 0, leaderEpoch: 0 },
          { partition: 0, leaderEpoch: 1 },
        ],
      },
    ],
  });
  expect(epochs.topics[0]!.partitions).toMatchObject([
    { leaderEpoch: 0, endOffset: 6n },
    { leaderEpoch: -1, endOffset: -1n },
  ]);
});

describe('ports', () => {
  test('one that was asked for and is taken is an error; without Kafka nothing listens', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    const { folder, remove } = temporaryFolder();
    await expect(openLab(folder, { kafka: { port } })).rejects.toMatchObject({ code: 'port-taken' });
    const lab = await openLab(folder);
    expect(lab.engine.kafka).toEqual([]);
    await lab.close();
    squatter.close();
    remove();
  });

  test('a broker that is killed listens on the same port again, one that is added on one of its own', async () => {
    const lab = await openKafkaLab();
    await lab.killBroker();
    await lab.brokerUp();
    await expect.poll(() => lab.engine.kafka).toEqual([lab.address]);
    await lab.client.lab.addBroker({});
    await expect.poll(() => lab.engine.kafka.length).toBe(2);
    const client = await lab.wire();
    await expect.poll(async () => (await client.ask(apis.describeCluster, 1, {})).brokers.length).toBe(2);
  });
});
