/** max.message.bytes: set by clients, told to them, and what it does to a produce. */
import { Kafka, logLevel } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { BATCH_BYTES_MAX } from '../../../../main/api/streams.ts';
import { apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import { errorCodes } from '../../../../main/endpoints/kafka/errorCodes.ts';
import { readWhole } from '../../openLab.ts';
import { createKnown, openKafkaLab } from './lab.ts';
import { batch, type WireClient } from './wireClient.ts';

const NAME = 'max.message.bytes';

async function set(client: WireClient, value: string | null, configOperation = 0) {
  const resources = [{ resourceType: 2, resourceName: 'a', configs: [{ name: NAME, value, configOperation }] }];
  return (await client.ask(apis.incrementalAlterConfigs, 1, { resources })).responses[0]!;
}

async function told(client: WireClient) {
  const resources = [{ resourceType: 2, resourceName: 'a', configurationKeys: [NAME] }];
  return (await client.ask(apis.describeConfigs, 4, { resources, includeSynonyms: true })).results[0]!.configs;
}

async function produce(client: WireClient, ...records: Uint8Array[]): Promise<number[]> {
  const partitionData = records.map((bytes, index) => ({ index, records: bytes }));
  const { responses } = await client.ask(apis.produce, 9, { acks: -1, timeoutMs: 1_000, topicData: [{ name: 'a', partitionData }] });
  return responses[0]!.partitionResponses.map(({ errorCode }) => errorCode);
}

test('is set when a topic is made, later, and taken back; what can not be is refused with the reason', async () => {
  const lab = await openKafkaLab();
  const client = await lab.wire();
  const topic = { name: 'a', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [{ name: NAME, value: '51200' }] };
  expect((await client.ask(apis.createTopics, 7, { topics: [topic] })).topics).toMatchObject([{ errorCode: 0 }]);
  const settings = async () => (await lab.client.streams.list({}))[0]!.settings;
  expect((await settings()).batchBytesMax).toBe(51_200);
  const byDefault = String(BATCH_BYTES_MAX);
  expect(await told(client)).toMatchObject([
    { name: NAME, value: '51200', readOnly: false, configSource: 1, configType: 3, synonyms: [{ value: '51200' }, { value: byDefault }] },
  ]);
  expect(await set(client, '200000')).toMatchObject({ errorCode: 0 });
  expect((await settings()).batchBytesMax).toBe(200_000);
  for (const [value, said] of [
    ['1023', 'at least 1 KiB'],
    [String(BATCH_BYTES_MAX + 1), 'at most 8 MiB'],
    ['-1', 'Invalid value -1'],
    ['1e5', 'Invalid value 1e5'],
    ['', 'Invalid value'],
  ] as const) {
    expect(await set(client, value)).toMatchObject({
      errorCode: errorCodes.INVALID_CONFIG,
      errorMessage: expect.stringContaining(said) as string,
    });
    const wrong = { ...topic, name: 'b', configs: [{ name: NAME, value }] };
    expect((await client.ask(apis.createTopics, 7, { topics: [wrong] })).topics).toMatchObject([{ errorCode: errorCodes.INVALID_CONFIG }]);
  }
  expect((await settings()).batchBytesMax).toBe(200_000);
  expect(await set(client, null, 1)).toMatchObject({ errorCode: 0 });
  expect(await told(client)).toMatchObject([{ value: byDefault, configSource: 5 }]);
  await set(client, '60000');
  // All that are not named go back to what they are by default.
  await client.ask(apis.alterConfigs, 2, { resources: [{ resourceType: 2, resourceName: 'a', configs: [] }] });
  expect((await settings()).batchBytesMax).toBe(BATCH_BYTES_MAX);
});

test('a larger batch is refused, partition by partition, before its checksum is looked at', async () => {
  const lab = await openKafkaLab();
  await createKnown(lab, 'a', 3);
  const client = await lab.wire();
  const large = batch(['x'.repeat(3_000)]);
  expect(await set(client, String(large.length))).toMatchObject({ errorCode: 0 });
  const larger = batch(['x'.repeat(3_001)]);
  const corrupt = Buffer.from(larger);
  corrupt[corrupt.length - 1]! ^= 1;
  const { MESSAGE_TOO_LARGE, CORRUPT_MESSAGE, INVALID_RECORD } = errorCodes;
  expect(await produce(client, large, larger, corrupt)).toEqual([0, MESSAGE_TOO_LARGE, MESSAGE_TOO_LARGE]);
  const ofNoFormat = Buffer.from(larger);
  ofNoFormat.writeInt8(3, 16);
  const fromElsewhere = Buffer.from(larger);
  fromElsewhere.writeBigInt64BE(77n, 0);
  expect(await produce(client, ofNoFormat, fromElsewhere)).toEqual([CORRUPT_MESSAGE, INVALID_RECORD]);
  expect(await set(client, String(large.length - 1))).toMatchObject({ errorCode: 0 });
  expect(await produce(client, large)).toEqual([MESSAGE_TOO_LARGE]);
  // What counts is the batch as it is sent, and stored.
  expect(await produce(client, batch(['x'.repeat(9_000)], { attributes: 4 }))).toEqual([0]);
  const { records } = await readWhole(lab.client, 'a');
  expect(records.map(({ shard, value }) => [shard, value!.length])).toEqual([
    [0, 3_000],
    [0, 9_000],
  ]);
});

test('kafkajs sets it, and is told by any broker which message is too large', async () => {
  const lab = await openKafkaLab({ brokers: 2 });
  const kafka = new Kafka({ clientId: 'kafkajs in a test', brokers: [lab.address], logLevel: logLevel.NOTHING });
  const [admin, producer] = [kafka.admin(), kafka.producer()];
  onTestFinished(async () => void (await Promise.all([admin.disconnect(), producer.disconnect()])));
  await Promise.all([admin.connect(), producer.connect()]);
  const topic = { topic: 'a', numPartitions: 2, configEntries: [{ name: NAME, value: '51200' }] };
  await admin.createTopics({ topics: [topic], waitForLeaders: true });
  for (const partition of [0, 1]) {
    await producer.send({ topic: 'a', messages: [{ value: 'x'.repeat(50_000), partition }] });
    await expect(producer.send({ topic: 'a', messages: [{ value: 'x'.repeat(60_000), partition }] })).rejects.toMatchObject({
      type: 'MESSAGE_TOO_LARGE',
    });
  }
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: 'a', configEntries: [{ name: NAME, value: '200000' }] }] });
  for (const partition of [0, 1]) {
    // A broker hears of what another one was asked for in a moment.
    await expect
      .poll(() => producer.send({ topic: 'a', messages: [{ value: 'x'.repeat(150_000), partition }] }).catch(() => null))
      .toHaveLength(1);
  }
});
