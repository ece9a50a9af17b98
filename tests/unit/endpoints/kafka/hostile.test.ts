/** What nobody should send, and what happens on the way: the connection is closed or gets the protocol's error, and others notice nothing. */
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import { errorCodes } from '../../../../main/endpoints/kafka/errorCodes.ts';
import { Frames, REQUEST_BYTES_MAX } from '../../../../main/endpoints/kafka/frames.ts';
import { writeRequest } from '../../../../main/endpoints/kafka/wire/api.ts';
import { temporaryFolder } from '../../openLab.ts';
import { createKnown, openKafkaLab } from './lab.ts';
import { batch, type WireClient } from './wireClient.ts';

const frame = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

const isWell = async (client: WireClient): Promise<void> => {
  expect(await client.ask(apis.metadata, 9, { topics: [] })).toMatchObject({ controllerId: 1 });
};

test('a version of ApiVersions that is not served is answered with version 0 and those that are', async () => {
  const lab = await openKafkaLab();
  const client = await lab.wire();
  // Version 9 of it, whatever is in it; read as version 0.
  const answered = new Promise<Buffer>((resolve) => client.socket.once('data', resolve));
  client.socket.write(frame(Buffer.from([0, 18, 0, 9, 0, 0, 0, 5, 0xff, 0xff, 1, 2, 3])));
  const { apiKeys } = apis.apiVersions.responseType.read(
    new (await import('../../../../main/endpoints/kafka/wire/reader.ts')).Reader((await answered).subarray(8)),
    { version: 0, flexible: false },
  );
  expect((await answered).subarray(4, 10)).toEqual(Buffer.from([0, 0, 0, 5, 0, errorCodes.UNSUPPORTED_VERSION]));
  expect(apiKeys).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: 4 }]);
  const { apiKeys: all } = await client.ask(apis.apiVersions, 3, { clientSoftwareName: 'a-test', clientSoftwareVersion: '1.0' });
  expect(all.find(({ apiKey }) => apiKey === 0)).toEqual({ apiKey: 0, minVersion: 0, maxVersion: 13 });
  expect(all).toHaveLength(Object.keys(apis).length);
  expect(await client.ask(apis.apiVersions, 3, { clientSoftwareName: ' ', clientSoftwareVersion: '1' })).toMatchObject({
    errorCode: errorCodes.INVALID_REQUEST,
  });
});

const toOrders = (records: Buffer, topicId?: string) => ({
  ...{ acks: -1, timeoutMs: 1_000 },
  topicData: [{ name: 'orders', ...(topicId && { topicId }), partitionData: [{ index: 0, records }] }],
});

test.each<[string, Buffer]>([
  ['a frame with a negative length', Buffer.from([0xff, 0xff, 0xff, 0xff])],
  ['a frame that is too long', Buffer.from((REQUEST_BYTES_MAX + 1).toString(16).padStart(8, '0'), 'hex')],
  ['an empty frame', frame(Buffer.alloc(0))],
  ['an unknown API', frame(Buffer.from([0, 99, 0, 0, 0, 0, 0, 1, 0xff, 0xff]))],
  ['an unknown version', frame(Buffer.from([0, 3, 0, 99, 0, 0, 0, 1, 0xff, 0xff]))],
  ['a request that is cut off', frame(Buffer.from([0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 9]))],
  ['what browsers send', Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1:9092\r\n\r\n')],
])('%s closes its connection, and no other', async (_name, bytes) => {
  const lab = await openKafkaLab();
  const [bad, good] = [await lab.wire(), await lab.wire()];
  bad.socket.write(bytes);
  await bad.closed();
  await isWell(good);
});

test.each<[string, Buffer]>([
  ['a frame with a negative length', Buffer.from([0xff, 0xff, 0xff, 0xff])],
  ['a request that is cut off', frame(Buffer.from([0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 9]))],
])('what came before %s in the same piece is answered, then the connection ends; nothing behind it is done', async (_name, bad) => {
  const lab = await openKafkaLab();
  await createKnown(lab, 'orders', 1);
  const [client, good] = [await lab.wire(), await lab.wire()];
  const request = (correlationId: number, value: string): Buffer =>
    Buffer.concat(writeRequest(apis.produce, { version: 9, correlationId, clientId: null }, toOrders(batch([value]))));
  const metadata = Buffer.concat(writeRequest(apis.metadata, { version: 9, correlationId: 3, clientId: null }, { topics: [] }));
  const pieces: Buffer[] = [];
  client.socket.on('data', (piece: Buffer) => pieces.push(piece));
  client.socket.write(Buffer.concat([request(1, 'a'), request(2, 'b'), metadata, bad, request(4, 'c')]));
  await client.closed();
  const answers = [...new Frames().take(Buffer.concat(pieces))];
  expect(answers.map((answer) => answer.readInt32BE(0))).toEqual([1, 2, 3]);
  expect((await good.ask(apis.produce, 9, toOrders(batch(['d'])))).responses[0]!.partitionResponses[0]).toMatchObject({ baseOffset: 2n });
});

test('changed recordings, random bytes and clients that die inside a request do no harm', async () => {
  const lab = await openKafkaLab();
  await lab.client.streams.create({ name: 'orders', shards: 1 });
  const good = await lab.wire();
  const folder = path.join(import.meta.dirname, 'recorded');
  const recorded = readdirSync(folder)
    // Those make and delete topics, or wait: they are tried one by one elsewhere.
    .filter((name) => !/^(createTopics|deleteTopics|createPartitions)/.test(name))
    .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').trim().split('\n'))
    .filter((line) => line.startsWith('request'))
    .map((line) => Buffer.from(line.split(' ')[2]!, 'hex'));
  const mutated = fc
    .tuple(fc.nat({ max: recorded.length - 1 }), fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }))
    .map(([index, changes]) => {
      const bytes = Buffer.from(recorded[index]!);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return frame(bytes);
    });
  const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  const [host, port] = lab.address.split(':') as [string, string];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(mutated, random), { minLength: 1, maxLength: 5 }), fc.nat(), async (pieces, cut) => {
      const socket = connect(Number(port), host);
      socket.on('error', () => {});
      const all = Buffer.concat(pieces);
      await new Promise<void>((resolve) => socket.write(all.subarray(0, all.length - (cut % all.length || 0)), () => resolve()));
      socket.destroy();
    }),
    { numRuns: 300 },
  );
  await isWell(good);
  const [broker] = [await lab.broker()];
  expect(broker).toMatchObject({ state: 'up', restarts: 0 });
});

test('a client that dies inside a request has asked for nothing', async () => {
  const lab = await openKafkaLab();
  await createKnown(lab, 'orders', 1);
  const [dying, good] = [await lab.wire(), await lab.wire()];
  const whole = Buffer.concat(writeRequest(apis.produce, { version: 9, correlationId: 1, clientId: 'dying' }, toOrders(batch(['never']))));
  dying.socket.write(whole.subarray(0, -1));
  const connected = async (): Promise<unknown[]> => await lab.client.clients.list({});
  await expect.poll(async () => (await lab.client.clients.list({})).some(({ bytesIn }) => bytesIn === whole.length - 1)).toBe(true);
  const before = (await connected()).length;
  dying.socket.destroy();
  await expect.poll(async () => (await connected()).length).toBe(before - 1);
  expect((await good.ask(apis.produce, 9, toOrders(batch(['a'])))).responses[0]!.partitionResponses[0]).toMatchObject({ baseOffset: 0n });
});

test('what is sent to a shard that is closed or deleted is refused; what it has is read until it is gone', async () => {
  const { folder, remove } = temporaryFolder();
  onTestFinished(remove);
  const first = await openKafkaLab({ workspace: folder });
  await createKnown(first, 'orders', 1);
  await (await first.wire()).ask(apis.produce, 9, toOrders(batch(['a'])));
  await first.close();
  // As a workspace may come from another lab.
  const db = new Database(path.join(folder, 'broker-1.sqlite'));
  db.exec(`UPDATE shard SET state = 'closed' WHERE stream = 'orders'`);
  db.close();
  const lab = await openKafkaLab({ workspace: folder });
  const client = await lab.wire();
  const [topic] = (await client.ask(apis.metadata, 12, { topics: [{ name: 'orders' }] })).topics;
  const produced = async (version: number) =>
    (await client.ask(apis.produce, version, toOrders(batch(['b']), topic!.topicId))).responses[0]!.partitionResponses[0]!.errorCode;
  const fetched = async () =>
    (
      await client.ask(apis.fetch, 12, {
        ...{ maxWaitMs: 0, minBytes: 0 },
        topics: [{ topic: 'orders', partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1_000 }] }],
      })
    ).responses[0]!.partitions[0]!;
  expect(await produced(9)).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  expect(await fetched()).toMatchObject({ errorCode: 0, highWatermark: 1n });
  await lab.client.streams.delete({ name: 'orders' });
  await expect.poll(() => produced(13)).toBe(errorCodes.UNKNOWN_TOPIC_ID);
  expect(await produced(9)).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  expect(await fetched()).toMatchObject({ errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION });
});

test('1,000 idle connections leave the others as they were', async () => {
  const lab = await openKafkaLab();
  const [host, port] = lab.address.split(':') as [string, string];
  const idle = await Promise.all(
    Array.from(
      { length: 1_000 },
      () =>
        new Promise<ReturnType<typeof connect>>((resolve, reject) => {
          const socket = connect(Number(port), host, () => resolve(socket));
          socket.on('error', reject);
        }),
    ),
  );
  onTestFinished(() => idle.forEach((socket) => socket.destroy()));
  await isWell(await lab.wire());
});

test('a client that never reads its answers gets no more than it may hold, and others are served', async () => {
  const lab = await openKafkaLab();
  await lab.client.streams.create({ name: 'orders', shards: 1 });
  const [greedy, good] = [await lab.wire(), await lab.wire()];
  const large = batch(['x'.repeat(1_000_000)]);
  for (let round = 0; round < 12; round++) {
    await good.ask(apis.produce, 9, {
      acks: -1,
      timeoutMs: 1_000,
      topicData: [{ name: 'orders', partitionData: [{ index: 0, records: large }] }],
    });
  }
  greedy.socket.pause();
  const fetch = {
    maxWaitMs: 0,
    minBytes: 0,
    topics: [{ topic: 'orders', partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1e8 }] }],
  };
  for (let round = 0; round < 300; round++) greedy.send(apis.fetch, 12, fetch);
  await isWell(good);
  // The broker tells of its clients in its own time.
  const answered = async () => (await lab.client.clients.list({})).find(({ bytesOut }) => bytesOut > 1_000_000);
  await expect.poll(answered).toBeDefined();
  const connection = await answered();
  // Two answers at most, beside what the system holds for it.
  expect(connection!.requests).toBeLessThan(10);
  greedy.socket.resume();
  await expect.poll(async () => (await lab.client.clients.list({})).find(({ id }) => id === connection!.id)?.requests).toBeGreaterThan(20);
});

test('a topic that is made, asked for and written to in one go is there in that order', async () => {
  const lab = await openKafkaLab();
  const client = await lab.wire();
  const made = client.ask(apis.createTopics, 7, {
    topics: [{ name: 'orders', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }],
  });
  const produced = client.ask(apis.produce, 9, {
    acks: 1,
    timeoutMs: 1,
    topicData: [{ name: 'orders', partitionData: [{ index: 1, records: batch(['a']) }] }],
  });
  expect(await made).toMatchObject({ topics: [{ errorCode: 0, numPartitions: 2, replicationFactor: 1 }] });
  expect(await produced).toMatchObject({ responses: [{ partitionResponses: [{ errorCode: 0, baseOffset: 0n }] }] });
});

test('a length that comes byte for byte is a length', async () => {
  const lab = await openKafkaLab();
  const client = await lab.wire();
  const answer = new Promise<Buffer>((resolve) => client.socket.once('data', resolve));
  for (const byte of Buffer.concat(writeRequest(apis.apiVersions, { version: 0, correlationId: 3, clientId: null }, {}))) {
    await new Promise<void>((resolve) => client.socket.write(Buffer.from([byte]), () => resolve()));
  }
  expect((await answer).readInt32BE(4)).toBe(3);
});
