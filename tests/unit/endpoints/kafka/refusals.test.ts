/** Requests that are wrong in a way that Kafka has an answer for: what tests/interop/kafka/differential.test.ts has found, without Kafka. */
import { expect, test } from 'vitest';
import { apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import { errorCodes } from '../../../../main/endpoints/kafka/errorCodes.ts';
import { createKnown, type KafkaLab, openKafkaLab } from './lab.ts';
import { batch, type WireClient } from './wireClient.ts';

async function opened(): Promise<{ lab: KafkaLab; client: WireClient }> {
  const lab = await openKafkaLab();
  await createKnown(lab, 'a', 2);
  await createKnown(lab, 'b', 1);
  return { lab, client: await lab.wire() };
}

test('what is named twice is answered once, and refused where it would be changed', async () => {
  const { client } = await opened();
  const { topics } = await client.ask(apis.metadata, 9, { topics: [{ name: 'a' }, { name: 'a' }] });
  expect(topics).toHaveLength(1);
  const twice = [0, 0].map((partitionIndex) => ({ partitionIndex, timestamp: -1n }));
  expect((await client.ask(apis.listOffsets, 7, { topics: [{ name: 'a', partitions: twice }] })).topics[0]!.partitions).toMatchObject([
    { errorCode: errorCodes.INVALID_REQUEST },
  ]);
  const partition = { partition: 0, fetchOffset: 0n, partitionMaxBytes: 100 };
  const fetched = await client.ask(apis.fetch, 12, {
    maxWaitMs: 0,
    minBytes: 0,
    topics: [{ topic: 'a', partitions: [partition, partition] }],
  });
  expect(fetched.responses[0]!.partitions).toHaveLength(1);
  const grown = await client.ask(apis.createPartitions, 3, {
    topics: [3, 4].map((count) => ({ name: 'a', count, assignments: null })),
  });
  expect(grown.results).toMatchObject([{ errorCode: errorCodes.INVALID_REQUEST }]);
  const config = { name: 'retention.ms', value: '60000', configOperation: 0 };
  const set = async (resources: { configs: (typeof config)[] }[]) =>
    (
      await client.ask(apis.incrementalAlterConfigs, 1, {
        resources: resources.map((each) => ({ resourceType: 2, resourceName: 'a', ...each })),
      })
    ).responses.map(({ errorCode }) => errorCode);
  expect(await set([{ configs: [config, config] }])).toEqual([errorCodes.INVALID_REQUEST]);
  expect(await set([{ configs: [config] }, { configs: [config] }])).toEqual([errorCodes.INVALID_REQUEST, errorCodes.INVALID_REQUEST]);
  const deleted = await client.ask(apis.deleteTopics, 6, { topics: [{ name: 'b' }, { name: 'b' }] });
  expect(deleted.responses).toMatchObject([{ name: 'b', errorCode: errorCodes.INVALID_REQUEST }]);
});

test('settings without a value, and of topics whose names can not be', async () => {
  const { client } = await opened();
  const resource = (resourceName: string, value: string | null) => ({
    ...{ resourceType: 2, resourceName },
    configs: [{ name: 'retention.ms', value, configOperation: 0 }],
  });
  for (const [resourceName, value, errorCode] of [
    ['a', null, errorCodes.INVALID_REQUEST],
    ['in valid', '60000', errorCodes.INVALID_TOPIC_EXCEPTION],
    ['', '60000', errorCodes.INVALID_TOPIC_EXCEPTION],
  ] as const) {
    const resources = [resource(resourceName, value)];
    expect((await client.ask(apis.incrementalAlterConfigs, 1, { resources })).responses).toMatchObject([{ errorCode }]);
    expect((await client.ask(apis.alterConfigs, 2, { resources })).responses).toMatchObject([{ errorCode }]);
  }
  const described = await client.ask(apis.describeConfigs, 4, {
    resources: [{ resourceType: 2, resourceName: 'in valid', configurationKeys: null }],
  });
  expect(described.results).toMatchObject([{ errorCode: errorCodes.INVALID_TOPIC_EXCEPTION }]);
});

test('a topic without a name is not there, in every version', async () => {
  const { client } = await opened();
  for (const version of [1, 9, 12]) {
    const { topics } = await client.ask(apis.metadata, version, { topics: [{ name: '' }] });
    expect(topics).toMatchObject([{ errorCode: errorCodes.INVALID_TOPIC_EXCEPTION, name: '' }]);
  }
});

test('places that a version of ListOffsets does not know; times before 1970 are times', async () => {
  const { client } = await opened();
  await client.ask(apis.produce, 9, {
    ...{ acks: 1, timeoutMs: 1_000 },
    topicData: [{ name: 'a', partitionData: [{ index: 0, records: batch(['x'], { timestamp: -20n }) }] }],
  });
  const at = async (timestamp: bigint, version: number, currentLeaderEpoch = -1) => {
    const partitions = [{ partitionIndex: 0, timestamp, currentLeaderEpoch }];
    return (await client.ask(apis.listOffsets, version, { topics: [{ name: 'a', partitions }] })).topics[0]!.partitions[0]!;
  };
  for (const [timestamp, version] of [
    [-3n, 6],
    [-4n, 7],
    [-5n, 8],
    [-6n, 10],
    [-16n, 10],
  ] as const) {
    expect(await at(timestamp, version), `${timestamp} in ${version}`).toMatchObject({
      errorCode: errorCodes.UNSUPPORTED_VERSION,
      offset: -1n,
    });
  }
  expect(await at(-20n, 10)).toMatchObject({ errorCode: 0, offset: 0n, timestamp: -20n });
  expect(await at(-1n, 10, -2)).toMatchObject({ errorCode: errorCodes.FENCED_LEADER_EPOCH });
});

test('a cursor that is not within the topics that are asked for; endpoints that a broker has not; half a number of a producer', async () => {
  const { client } = await opened();
  const page = async (topicName: string, partitionIndex: number) => {
    const body = { topics: [{ name: 'a' }, { name: 'b' }], cursor: { topicName, partitionIndex } };
    return (await client.ask(apis.describeTopicPartitions, 0, body)).topics.map(({ errorCode }) => errorCode);
  };
  expect(await page('b', 0)).toEqual([0]);
  for (const [name, partition] of [
    ['aa', 0],
    ['a', -1],
  ] as const) {
    expect(await page(name, partition)).toEqual([errorCodes.INVALID_REQUEST, errorCodes.INVALID_REQUEST]);
  }
  const { errorCode } = await client.ask(apis.describeCluster, 1, { endpointType: 2 });
  expect(errorCode).toBe(errorCodes.MISMATCHED_ENDPOINT_TYPE);
  for (const half of [{ producerId: 5n }, { producerEpoch: 0 }, { transactionalId: '' }]) {
    expect(await client.ask(apis.initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0, ...half })).toMatchObject({
      errorCode: errorCodes.INVALID_REQUEST,
    });
  }
  const epochs = await client.ask(apis.offsetForLeaderEpoch, 4, {
    topics: [{ topic: 'a', partitions: [{ partition: 0, leaderEpoch: -1 }] }],
  });
  expect(epochs.topics[0]!.partitions).toMatchObject([{ errorCode: 0, leaderEpoch: -1, endOffset: -1n }]);
});
