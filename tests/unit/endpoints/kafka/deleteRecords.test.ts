/** DeleteRecords at any offset: what clients are told then, and that all the lab knows of the stream follows. */
import Database from 'better-sqlite3';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { CODECS, STREAM_SETTINGS_DEFAULT } from '../../../../main/api/streams.ts';
import type { VerifyReport } from '../../../../main/api/verify.ts';
import { apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import { errorCodes } from '../../../../main/endpoints/kafka/errorCodes.ts';
import { attributesOf, decodeBatch, decodeBatchHeader } from '../../../../main/log/index.ts';
import { readWhole, text } from '../../openLab.ts';
import { exported, imported } from '../../workspace/file/labFiles.ts';
import { createKnown, type KafkaLab, openKafkaLab } from './lab.ts';
import { batch, type WireClient } from './wireClient.ts';

async function produced(client: WireClient, records: Buffer) {
  const topicData = [{ name: 'a', partitionData: [{ index: 0, records }] }];
  const { responses } = await client.ask(apis.produce, 9, { acks: -1, timeoutMs: 1, topicData });
  return responses[0]!.partitionResponses[0]!;
}

async function trimmed(client: WireClient, offset: bigint) {
  const { topics } = await client.ask(apis.deleteRecords, 2, { topics: [{ name: 'a', partitions: [{ partitionIndex: 0, offset }] }] });
  return topics[0]!.partitions[0]!;
}

async function placed(client: WireClient, timestamp: bigint) {
  const { topics } = await client.ask(apis.listOffsets, 7, { topics: [{ name: 'a', partitions: [{ partitionIndex: 0, timestamp }] }] });
  return topics[0]!.partitions[0]!;
}

async function fetched(client: WireClient, fetchOffset: bigint) {
  const topics = [{ topic: 'a', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }] }];
  const { responses } = await client.ask(apis.fetch, 11, { maxWaitMs: 0, minBytes: 0, topics });
  return responses[0]!.partitions[0]!;
}

const EARLIEST = -2n;
const MAX_TIMESTAMP = -3n;
const NAMES = Array.from({ length: 10 }, (_, n) => JSON.stringify({ n, at: 1_539_594_000 - n }));

/** All that the lab says of the stream. */
async function toldOf({ client }: KafkaLab) {
  const [stream] = await client.streams.list({});
  const { records, gaps } = await readWhole(client, 'a');
  const window = await client.events.window({ stream: 'a', from: 0, limit: 50 });
  const histogram = await client.events.histogram({ stream: 'a', buckets: 10, range: { by: 'all' } });
  let check: VerifyReport | null = null;
  for await (const report of client.verify.run({ stream: 'a' })) check = report;
  return {
    ...{ events: stream!.events, startOffset: stream!.shards[0]!.startOffset, gaps, damages: check?.damages },
    read: records.map(({ offset, value }) => [Number(offset), (JSON.parse(text(value)!) as { n: number }).n]),
    rows: window.rows.map(({ row, offset, fields }) => [row, Number(offset), Number(fields.n)]),
    inBuckets: histogram.shards[0]!.counts.reduce((sum, count) => sum + count, 0),
  };
}

test.each(CODECS)('what was in one batch begins at the offset that was asked for, everywhere: %s', async (codec) => {
  const lab = await openKafkaLab();
  await createKnown(lab, 'a', 1);
  await lab.client.streams.changeSettings({ name: 'a', settings: { ...STREAM_SETTINGS_DEFAULT, eventTimeField: 'at' } });
  const inEventTime = async () =>
    (await lab.client.eventTimes.window({ stream: 'a', from: 0, limit: 50 })).rows.map(({ offset }) => Number(offset));
  const client = await lab.wire();
  const first = (): Buffer => batch(NAMES, { producerId: 9n, producerEpoch: 0, firstSequence: 0, attributes: attributesOf(codec) });
  expect(await produced(client, first())).toMatchObject({ errorCode: 0, baseOffset: 0n });
  expect(await produced(client, batch([NAMES[0]!], { timestamp: 1_003n }))).toMatchObject({ errorCode: 0, baseOffset: 10n });
  await vi.waitFor(async () => expect(await inEventTime()).toHaveLength(11), { interval: 20 });

  expect(await trimmed(client, 4n)).toEqual({ partitionIndex: 0, lowWatermark: 4n, errorCode: 0 });
  const expectRest = async (again: WireClient): Promise<void> => {
    expect(await placed(again, EARLIEST)).toMatchObject({ errorCode: 0, offset: 4n });
    expect(await placed(again, 1_000n)).toMatchObject({ offset: 4n, timestamp: 1_004n });
    expect(await placed(again, MAX_TIMESTAMP)).toMatchObject({ offset: 9n, timestamp: 1_009n });
    expect(await fetched(again, 3n)).toMatchObject({ errorCode: errorCodes.OFFSET_OUT_OF_RANGE });
    // From inside of it the whole batch is given, as ever; nothing of what was deleted is in it.
    for (const offset of [4n, 7n]) {
      const { records, logStartOffset } = await fetched(again, offset);
      expect(logStartOffset).toBe(4n);
      expect(
        decodeBatch(records!.subarray(0, decodeBatchHeader(records!).sizeBytes)).map(({ offset: at, value }) => [Number(at), text(value)]),
      ).toEqual(NAMES.slice(4).map((name, index) => [4 + index, name]));
    }
    const left = [4, 5, 6, 7, 8, 9].map((n) => [n, n]);
    // The engine is told by its broker a moment later.
    await expect
      .poll(() => toldOf(lab))
      .toEqual({
        ...{ events: 7, startOffset: 4n, gaps: [], damages: [], inBuckets: 7 },
        read: [...left, [10, 0]],
        rows: [...left.map(([row, n]) => [row, row, n]), [10, 10, 0]],
      });
    // Known by the numbers that it came with, at the offsets that it got.
    expect(await produced(again, first())).toMatchObject({ errorCode: 0, baseOffset: 0n });
    await vi.waitFor(async () => expect(await inEventTime()).toEqual([9, 8, 7, 6, 5, 4, 10]), { interval: 20 });
  };
  await expectRest(client);
  await lab.killBroker();
  await lab.brokerUp();
  await vi.waitFor(() => expect(lab.engine.kafka).toHaveLength(1));
  const again = await lab.wire();
  await vi.waitFor(async () => expect((await placed(again, EARLIEST)).errorCode).toBe(0), { interval: 20 });
  await expectRest(again);
});

test('a workspace’s file has it as it is', async () => {
  const lab = await openKafkaLab();
  await createKnown(lab, 'a', 1);
  const client = await lab.wire();
  await produced(client, batch(NAMES));
  await trimmed(client, 7n);
  const { file, report } = await exported(lab.client);
  expect(report.leftOutCount).toBe(0);
  const other = await openKafkaLab();
  await imported(other.client, file);
  await expect.poll(async () => (await toldOf(lab)).startOffset).toBe(7n);
  const told = await toldOf(lab);
  expect(told.read).toEqual([7, 8, 9].map((n) => [n, n]));
  await expect.poll(() => toldOf(other)).toEqual(told);
});

test('a batch that is damaged stays whole: the answer says that the partition begins with it', async () => {
  const lab = await openKafkaLab();
  await createKnown(lab, 'a', 1);
  const client = await lab.wire();
  for (let round = 0; round < 3; round++) await produced(client, batch(NAMES));
  const db = new Database(lab.brokerFile);
  const bytes = db.prepare<[], Buffer>(`SELECT bytes FROM batch WHERE base_offset = 10`).pluck().get()!;
  bytes[bytes.length - 1]! ^= 1;
  db.prepare('UPDATE batch SET bytes = ? WHERE base_offset = 10').run(bytes);
  db.close();
  expect(await trimmed(client, 15n)).toMatchObject({ errorCode: 0, lowWatermark: 10n });
  expect(await trimmed(client, 21n)).toMatchObject({ errorCode: 0, lowWatermark: 21n });
});

test('several at once: each is answered, and the furthest holds', async () => {
  const lab = await openKafkaLab();
  await createKnown(lab, 'a', 1);
  const client = await lab.wire();
  await produced(client, batch(NAMES));
  const others = await Promise.all([lab.wire(), lab.wire(), lab.wire()]);
  const answers = await Promise.all([8n, 3n, 5n].map((offset, at) => trimmed(others[at]!, offset)));
  for (const [at, offset] of [8n, 3n, 5n].entries()) {
    expect(answers[at]!.errorCode).toBe(0);
    expect(answers[at]!.lowWatermark).toBeGreaterThanOrEqual(offset);
  }
  expect(await placed(client, EARLIEST)).toMatchObject({ offset: 8n });
});

test('kafkajs deletes up to an offset inside of what it has sent', async () => {
  const lab = await openKafkaLab();
  const kafka = new Kafka({ clientId: 'kafkajs in a test', brokers: [lab.address], logLevel: logLevel.NOTHING });
  const [admin, producer] = [kafka.admin(), kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })];
  onTestFinished(async () => void (await Promise.all([admin.disconnect(), producer.disconnect()])));
  await Promise.all([admin.connect(), producer.connect()]);
  await producer.send({ topic: 'a', messages: Array.from({ length: 10 }, (_, n) => ({ value: `v${n}`, partition: 0 })) });
  expect(await admin.fetchTopicOffsets('a')).toMatchObject([{ low: '0' }]);
  await admin.deleteTopicRecords({ topic: 'a', partitions: [{ partition: 0, offset: '7' }] });
  expect(await admin.fetchTopicOffsets('a')).toEqual([{ partition: 0, offset: '10', high: '10', low: '7' }]);
  expect((await readWhole(lab.client, 'a')).records.map(({ value }) => text(value))).toEqual(['v7', 'v8', 'v9']);
});
