/** Produce, Fetch and ListOffsets, request by request. */
import { crc32c } from '@node-rs/crc32';
import { describe, expect, test } from 'vitest';
import { apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import { errorCodes } from '../../../../main/endpoints/kafka/errorCodes.ts';
import { ZERO_UUID } from '../../../../main/endpoints/kafka/wire/types.ts';
import { decodeBatch, decodeBatchHeader } from '../../../../main/log/index.ts';
import { encodeBatch } from '../../../../main/log/index.ts';
import { readWhole, temporaryFolder, text } from '../../openLab.ts';
import { createKnown, type KafkaLab, openKafkaLab } from './lab.ts';
import { batch, type WireClient } from './wireClient.ts';

async function labWith(name: string, shards = 1, brokers = 1): Promise<KafkaLab> {
  const lab = await openKafkaLab({ brokers });
  await createKnown(lab, name, shards);
  return lab;
}

async function produce(client: WireClient, name: string, records: Uint8Array | null, { version = 9, index = 0, acks = -1 } = {}) {
  const { responses } = await client.ask(apis.produce, version, {
    ...{ acks, timeoutMs: 1_000 },
    topicData: [{ name, partitionData: [{ index, records }] }],
  });
  return responses[0]!.partitionResponses[0]!;
}

interface FetchOptions {
  version?: number;
  from?: bigint;
  partition?: number;
  minBytes?: number;
  maxWaitMs?: number;
  maxBytes?: number;
  partitionMaxBytes?: number;
  currentLeaderEpoch?: number;
}

async function fetch(client: WireClient, topic: string, options: FetchOptions = {}) {
  const {
    version = 12,
    from = 0n,
    partition = 0,
    minBytes = 0,
    maxWaitMs = 0,
    maxBytes = 1e6,
    partitionMaxBytes = 1e6,
    currentLeaderEpoch = -1,
  } = options;
  const { responses } = await client.ask(apis.fetch, version, {
    ...{ maxWaitMs, minBytes, maxBytes },
    topics: [{ topic, partitions: [{ partition, fetchOffset: from, partitionMaxBytes, currentLeaderEpoch }] }],
  });
  return responses[0]!.partitions[0]!;
}

function valuesIn(records: Uint8Array | null): (string | null)[] {
  const values: (string | null)[] = [];
  for (let rest = records!; rest.length > 0;) {
    const { sizeBytes } = decodeBatchHeader(rest);
    values.push(...decodeBatch(rest.subarray(0, sizeBytes)).map(({ value }) => text(value)));
    rest = rest.subarray(sizeBytes);
  }
  return values;
}

describe('Produce', () => {
  test('a batch is appended as it came, and shown', async () => {
    const lab = await labWith('orders');
    const client = await lab.wire();
    for (const version of [3, 5, 8, 9, 12]) {
      expect(await produce(client, 'orders', batch(['a', 'b']), { version })).toMatchObject({
        errorCode: 0,
        logStartOffset: version < 5 ? -1n : 0n,
      });
    }
    const { records } = await readWhole(lab.client, 'orders');
    expect(records.map(({ value }) => text(value))).toEqual(['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']);
    const sent = batch(['c'], { attributes: 4 });
    expect(await produce(client, 'orders', sent)).toMatchObject({ baseOffset: 10n });
    const got = Buffer.from((await fetch(client, 'orders', { from: 10n })).records!);
    expect(got.subarray(16).equals(sent.subarray(16))).toBe(true);
  });

  test('by topic id, from version 13 on', async () => {
    const lab = await labWith('orders');
    const client = await lab.wire();
    const { topics } = await client.ask(apis.metadata, 12, { topics: [{ name: 'orders' }] });
    const { topicId } = topics[0]!;
    const ask = (id: string) =>
      client.ask(apis.produce, 13, {
        acks: -1,
        timeoutMs: 1,
        topicData: [{ topicId: id, partitionData: [{ index: 0, records: batch(['a']) }] }],
      });
    expect(await ask(topicId)).toMatchObject({ responses: [{ topicId, partitionResponses: [{ errorCode: 0, baseOffset: 0n }] }] });
    const other = '11111111-1111-4111-8111-111111111111';
    expect(await ask(other)).toMatchObject({
      responses: [{ topicId: other, partitionResponses: [{ errorCode: errorCodes.UNKNOWN_TOPIC_ID }] }],
    });
  });

  test('what can not be appended is refused with its reason, and nothing of it is there', async () => {
    const lab = await labWith('orders');
    const client = await lab.wire();
    const corrupt = batch(['a']);
    corrupt[corrupt.length - 1]! ^= 1;
    const magic1 = batch(['a']);
    magic1[16] = 1;
    const zstd = encodeBatch({ records: [{ key: null, value: Buffer.from('a'), headers: [], timestamp: 1n }], attributes: 4 });
    const magic3 = batch(['a']);
    magic3[16] = 3;
    const tooShort = batch(['a']);
    tooShort.writeInt32BE(20, 8);
    const later = batch(['a']);
    later.writeBigInt64BE(7n, 0);
    const nothing = { key: null, value: null, headers: [], timestamp: 1n };
    const withGap = batch(['a', 'b']);
    withGap.writeInt32BE(5, 23);
    withGap.writeUInt32BE(crc32c(withGap.subarray(21)), 17);
    const transactional = encodeBatch({ records: [nothing], attributes: 0x10 });
    const wrong: [string, Uint8Array | null, object, number][] = [
      ['orders', corrupt, {}, errorCodes.CORRUPT_MESSAGE],
      ['orders', batch(['a']).subarray(0, -1), {}, errorCodes.INVALID_RECORD],
      ['orders', Buffer.alloc(10), {}, errorCodes.INVALID_RECORD],
      ['orders', magic1, {}, errorCodes.INVALID_RECORD],
      ['orders', magic3, {}, errorCodes.CORRUPT_MESSAGE],
      ['orders', tooShort, {}, errorCodes.CORRUPT_MESSAGE],
      ['orders', later, {}, errorCodes.INVALID_RECORD],
      ['orders', withGap, {}, errorCodes.INVALID_RECORD],
      ['orders', batch(['a'], { producerId: 5n, producerEpoch: 0, firstSequence: -1 }), {}, errorCodes.INVALID_RECORD],
      ['orders', Buffer.concat([batch(['a']), batch(['b'])]), {}, errorCodes.INVALID_RECORD],
      ['orders', null, {}, errorCodes.INVALID_RECORD],
      ['orders', transactional, {}, errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED],
      ['orders', encodeBatch({ records: [nothing], attributes: 0x20 }), {}, errorCodes.INVALID_RECORD],
      ['orders', zstd, { version: 6 }, errorCodes.UNSUPPORTED_COMPRESSION_TYPE],
      ['orders', batch(['a']), { version: 2 }, errorCodes.UNSUPPORTED_VERSION],
      ['orders', batch(['a']), { acks: 2 }, errorCodes.INVALID_REQUIRED_ACKS],
      ['orders', batch(['a']), { index: 1 }, errorCodes.UNKNOWN_TOPIC_OR_PARTITION],
      ['nowhere', batch(['a']), {}, errorCodes.UNKNOWN_TOPIC_OR_PARTITION],
      ['__positions', batch(['a']), {}, errorCodes.UNKNOWN_TOPIC_OR_PARTITION],
    ];
    for (const [topic, records, options, errorCode] of wrong) {
      expect(await produce(client, topic, records, options), `${topic} ${JSON.stringify(options)}`).toMatchObject({
        errorCode,
        baseOffset: -1n,
      });
    }
    expect(await lab.client.streams.list({})).toMatchObject([{ events: 0 }]);
  });

  test('of an idempotent producer each batch is there once, over a kill of the broker too; gaps and older epochs are refused', async () => {
    const lab = await labWith('orders');
    let client = await lab.wire();
    const { producerId } = await client.ask(apis.initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 });
    const numbered = (firstSequence: number, producerEpoch = 0): Buffer => batch(['a', 'b'], { producerId, producerEpoch, firstSequence });
    expect(await produce(client, 'orders', numbered(0))).toMatchObject({ errorCode: 0, baseOffset: 0n });
    expect(await produce(client, 'orders', numbered(2))).toMatchObject({ errorCode: 0, baseOffset: 2n });
    expect(await produce(client, 'orders', numbered(2))).toMatchObject({ errorCode: 0, baseOffset: 2n });
    await lab.killBroker();
    await lab.brokerUp();
    await expect.poll(() => lab.engine.kafka).toEqual([lab.address]);
    client = await lab.wire();
    expect(await produce(client, 'orders', numbered(2))).toMatchObject({ errorCode: 0, baseOffset: 2n });
    expect(await produce(client, 'orders', numbered(6))).toMatchObject({ errorCode: errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER });
    expect(await produce(client, 'orders', numbered(4))).toMatchObject({ errorCode: 0, baseOffset: 4n });
    expect(await produce(client, 'orders', numbered(0, 1))).toMatchObject({ errorCode: 0, baseOffset: 6n });
    expect(await produce(client, 'orders', numbered(6))).toMatchObject({ errorCode: errorCodes.INVALID_PRODUCER_EPOCH });
    expect((await readWhole(lab.client, 'orders')).records).toHaveLength(8);
  });

  test('many requests under way are appended and answered in their order', async () => {
    const lab = await labWith('orders');
    const client = await lab.wire();
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => produce(client, 'orders', batch([`v${index}`]))));
    expect(answers.map(({ baseOffset }) => baseOffset)).toEqual(Array.from({ length: 200 }, (_, index) => BigInt(index)));
    const { records } = await readWhole(lab.client, 'orders');
    expect(records.map(({ value }) => text(value))).toEqual(Array.from({ length: 200 }, (_, index) => `v${index}`));
  });

  test('without an answer, where none is wanted; a failure ends the connection then', async () => {
    const lab = await labWith('orders');
    const client = await lab.wire();
    const body = (name: string) => ({ acks: 0, timeoutMs: 1, topicData: [{ name, partitionData: [{ index: 0, records: batch(['a']) }] }] });
    client.send(apis.produce, 9, body('orders'));
    // The next answer is that of the next request.
    expect(await produce(client, 'orders', batch(['b']))).toMatchObject({ baseOffset: 1n });
    client.send(apis.produce, 9, body('nowhere'));
    await client.closed();
  });

  test('a transactional id is refused for good', async () => {
    const lab = await labWith('orders');
    const client = await lab.wire();
    const refused = await client.ask(apis.initProducerId, 4, { transactionalId: 't', transactionTimeoutMs: 1_000 });
    expect(refused).toMatchObject({ errorCode: errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, producerId: -1n });
  });

  test('to another broker’s shard it is said where that is', async () => {
    const lab = await labWith('orders', 2, 2);
    const first = await lab.wire(1);
    const { topics } = await first.ask(apis.metadata, 9, { topics: [{ name: 'orders' }] });
    const elsewhere = topics[0]!.partitions.find(({ leaderId }) => leaderId === 2)!.partitionIndex;
    const { responses, nodeEndpoints } = await first.ask(apis.produce, 10, {
      ...{ acks: 1, timeoutMs: 1_000 },
      topicData: [{ name: 'orders', partitionData: [{ index: elsewhere, records: batch(['a']) }] }],
    });
    expect(responses[0]!.partitionResponses[0]).toMatchObject({
      errorCode: errorCodes.NOT_LEADER_OR_FOLLOWER,
      currentLeader: { leaderId: 2, leaderEpoch: 0 },
    });
    expect(nodeEndpoints).toMatchObject([{ nodeId: 2, host: '127.0.0.1', port: Number(lab.engine.kafka[1]!.split(':')[1]) }]);
    expect(await produce(await lab.wire(2), 'orders', batch(['a']), { index: elsewhere })).toMatchObject({ errorCode: 0 });
  });
});

describe('Fetch', () => {
  test('gives whole batches from the one that holds the offset, within its limits', async () => {
    const lab = await labWith('orders');
    const client = await lab.wire();
    for (const round of [0, 1, 2]) await produce(client, 'orders', batch([`${round}a`, `${round}b`, `${round}c`]));
    for (const version of [4, 7, 11, 12]) {
      const got = await fetch(client, 'orders', { version, from: 4n });
      expect(got).toMatchObject({ errorCode: 0, highWatermark: 9n, lastStableOffset: 9n });
      expect(valuesIn(got.records)).toEqual(['1a', '1b', '1c', '2a', '2b', '2c']);
    }
    // One batch at least, however small the limits.
    expect(valuesIn((await fetch(client, 'orders', { maxBytes: 1 })).records)).toEqual(['0a', '0b', '0c']);
    expect(valuesIn((await fetch(client, 'orders', { partitionMaxBytes: 1 })).records)).toEqual(['0a', '0b', '0c']);
    expect(valuesIn((await fetch(client, 'orders', { from: 9n })).records)).toEqual([]);
    expect(await fetch(client, 'orders', { from: 10n })).toMatchObject({ errorCode: errorCodes.OFFSET_OUT_OF_RANGE, highWatermark: -1n });
    expect(await fetch(client, 'orders', { currentLeaderEpoch: 7 })).toMatchObject({ errorCode: errorCodes.UNKNOWN_LEADER_EPOCH });
    expect(await fetch(client, 'nowhere')).toMatchObject({ errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION });
  });

  test('only the first partition is given a batch that is larger than the limit', async () => {
    const lab = await labWith('orders', 2);
    const client = await lab.wire();
    for (const index of [0, 1]) await produce(client, 'orders', batch(['x'.repeat(1_000)]), { index });
    const partitions = [0, 1].map((partition) => ({ partition, fetchOffset: 0n, partitionMaxBytes: 100 }));
    const { responses } = await client.ask(apis.fetch, 12, { maxWaitMs: 0, minBytes: 0, topics: [{ topic: 'orders', partitions }] });
    expect(responses[0]!.partitions.map(({ records }) => valuesIn(records).length)).toEqual([1, 0]);
  });

  test('zstd is not given to who can not read it', async () => {
    const lab = await labWith('orders');
    const client = await lab.wire();
    const records = Array.from({ length: 50 }, () => ({ key: null, value: Buffer.from('the same'), headers: [], timestamp: 1n }));
    await produce(client, 'orders', encodeBatch({ records, attributes: 4 }));
    expect(await fetch(client, 'orders', { version: 9 })).toMatchObject({ errorCode: errorCodes.UNSUPPORTED_COMPRESSION_TYPE });
    expect(valuesIn((await fetch(client, 'orders', { version: 10 })).records)).toHaveLength(50);
  });

  test('waits until there is enough, and no longer than it is told', async () => {
    const lab = await labWith('orders');
    const [reader, writer] = [await lab.wire(), await lab.wire()];
    const waiting = fetch(reader, 'orders', { minBytes: 1, maxWaitMs: 20_000 });
    await produce(writer, 'orders', batch(['a']));
    expect(valuesIn((await waiting).records)).toEqual(['a']);
    const size = batch(['a']).length;
    const forTwo = fetch(reader, 'orders', { from: 1n, minBytes: size + 1, maxWaitMs: 20_000 });
    await produce(writer, 'orders', batch(['b']));
    await produce(writer, 'orders', batch(['c']));
    expect(valuesIn((await forTwo).records)).toEqual(['b', 'c']);
    const began = performance.now();
    expect(valuesIn((await fetch(reader, 'orders', { from: 3n, minBytes: 1, maxWaitMs: 300 })).records)).toEqual([]);
    expect(performance.now() - began).toBeGreaterThan(290);
  });

  test('a topic that is deleted under it is said to be gone', async () => {
    const lab = await labWith('orders');
    const client = await lab.wire();
    const waiting = fetch(client, 'orders', { minBytes: 1, maxWaitMs: 20_000 });
    // The fetch waits by the time that this is answered.
    await (await lab.wire()).ask(apis.metadata, 1, { topics: [] });
    await lab.client.streams.delete({ name: 'orders' });
    expect((await waiting).errorCode).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  });

  test('keeps no session, and says so', async () => {
    const lab = await labWith('orders');
    const client = await lab.wire();
    const ask = (sessionId: number, sessionEpoch: number) =>
      client.ask(apis.fetch, 12, {
        maxWaitMs: 0,
        minBytes: 0,
        sessionId,
        sessionEpoch,
        topics: [{ topic: 'orders', partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 10 }] }],
      });
    expect(await ask(0, 0)).toMatchObject({ errorCode: 0, sessionId: 0, responses: [{ partitions: [{ errorCode: 0 }] }] });
    expect(await ask(5, 1)).toMatchObject({ errorCode: errorCodes.FETCH_SESSION_ID_NOT_FOUND, responses: [] });
    expect(await ask(5, -1)).toMatchObject({ errorCode: 0, responses: [{ partitions: [{ errorCode: 0 }] }] });
  });
});

describe('ListOffsets', () => {
  async function offset(client: WireClient, timestamp: bigint, version = 9) {
    const { topics } = await client.ask(apis.listOffsets, version, {
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp }] }],
    });
    return topics[0]!.partitions[0]!;
  }

  test('leads to the start, the end, a time and the greatest time', async () => {
    const lab = await labWith('orders');
    const client = await lab.wire();
    expect(await offset(client, -3n)).toMatchObject({ errorCode: 0, offset: -1n, timestamp: -1n });
    await produce(client, 'orders', batch(['a', 'b'], { timestamp: 1_000n }));
    await produce(client, 'orders', batch(['c', 'd'], { timestamp: -39_000_000_000_000n }));
    for (const version of [1, 4, 6, 10]) {
      expect(await offset(client, -1n, version)).toMatchObject({
        errorCode: 0,
        offset: 4n,
        timestamp: -1n,
        leaderEpoch: version < 4 ? -1 : 0,
      });
      expect(await offset(client, -2n, version)).toMatchObject({ offset: 0n });
      expect(await offset(client, 1_001n, version)).toMatchObject({ offset: 1n, timestamp: 1_001n });
      expect(await offset(client, 1_002n, version)).toMatchObject({ errorCode: 0, offset: -1n, timestamp: -1n });
      expect(await offset(client, -50_000_000_000_000n, version)).toMatchObject({ offset: 0n, timestamp: 1_000n });
    }
    expect(await offset(client, -3n)).toMatchObject({ offset: 1n, timestamp: 1_001n });
    expect(await offset(client, -4n)).toMatchObject({ offset: 0n });
    expect(await offset(client, -5n)).toMatchObject({ errorCode: 0, offset: -1n });
  });
});

test('a lab that was closed and opened again has the same topic ids, cluster id and offsets', async () => {
  const { folder, remove } = temporaryFolder();
  const seen = [];
  for (const round of [0, 1]) {
    const lab = await openKafkaLab({ workspace: folder });
    if (round === 0) await createKnown(lab, 'orders', 1);
    const client = await lab.wire();
    const { topics, clusterId } = await client.ask(apis.metadata, 12, { topics: null });
    expect(topics[0]!.topicId).not.toBe(ZERO_UUID);
    seen.push({ clusterId, id: topics[0]!.topicId });
    expect(await produce(client, 'orders', batch(['a']))).toMatchObject({ baseOffset: BigInt(round) });
    await lab.close();
  }
  expect(seen[1]).toEqual(seen[0]);
  remove();
});
