/** What pages learn of clients and their requests (main/api/clients.ts). */
import { expect, test } from 'vitest';
import type { KafkaRequest } from '../../../../main/api/clients.ts';
import { nameOfKey } from '../../../../main/endpoints/kafka/apiKeys.ts';
import { apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import { errorCodes } from '../../../../main/endpoints/kafka/errorCodes.ts';
import { createKnown, openKafkaLab } from './lab.ts';
import { batch } from './wireClient.ts';

test('who is connected, by name, library and address, until it goes', async () => {
  const lab = await openKafkaLab({ brokers: 2 });
  const client = await lab.wire(2);
  await client.ask(apis.apiVersions, 3, { clientSoftwareName: 'a-library', clientSoftwareVersion: '1.2' });
  await client.ask(apis.produce, 9, {
    acks: 1,
    timeoutMs: 1,
    topicData: [{ name: 'nowhere', partitionData: [{ index: 0, records: batch(['a']) }] }],
  });
  expect(await lab.client.clients.list({})).toMatchObject([
    {
      ...{ brokerId: 2, clientId: 'a test', software: { name: 'a-library', version: '1.2' }, requests: 2, errors: 1 },
      address: `127.0.0.1:${client.socket.localPort}`,
    },
  ]);
  expect(await lab.client.clients.addresses({})).toMatchObject([{ brokerId: 1, host: '127.0.0.1' }, { brokerId: 2 }]);
  client.socket.destroy();
  for await (const connected of lab.client.clients.watch({})) if (connected.length === 0) break;
});

test('a newer library that finds the version of ApiVersions which both know has made no error', async () => {
  const lab = await openKafkaLab();
  const client = await lab.wire();
  const newer = { ...apis.apiVersions, max: apis.apiVersions.max + 1 };
  await client.frame(() => client.send(newer, newer.max, { clientSoftwareName: 'a-library', clientSoftwareVersion: '9' }));
  await client.ask(apis.apiVersions, apis.apiVersions.max, { clientSoftwareName: 'a-library', clientSoftwareVersion: '9' });
  expect(await lab.client.clients.list({})).toMatchObject([{ requests: 2, errors: 0 }]);
  for await (const { requests } of lab.client.requests.watch({ filter: {} })) {
    expect(requests).toMatchObject([{ version: newer.max, errors: [] }, { errors: [] }]);
    // What it was told can be seen all the same.
    expect(JSON.parse(requests[0]!.response!)).toMatchObject({ errorCode: errorCodes.UNSUPPORTED_VERSION });
    break;
  }
});

test('what each asked and was answered, from before the page looked and after, filtered', async () => {
  const lab = await openKafkaLab({ brokers: 2 });
  await lab.client.streams.create({ name: 'orders', shards: 1 });
  const [one, two] = [await lab.wire(1), await lab.wire(2)];
  await one.ask(apis.apiVersions, 0, {});
  const produce = (name: string) =>
    one.ask(apis.produce, 9, { acks: 1, timeoutMs: 1, topicData: [{ name, partitionData: [{ index: 0, records: batch(['a', 'b']) }] }] });
  await produce('orders');
  const seen: KafkaRequest[] = [];
  const failed: KafkaRequest[] = [];
  const stop = new AbortController();
  const follow = async (into: KafkaRequest[], filter: object): Promise<void> => {
    for await (const { requests } of lab.client.requests.watch({ filter }, { signal: stop.signal })) into.push(...requests);
  };
  const following = [follow(seen, {}), follow(failed, { errorsOnly: true, api: 'Produce' })];
  await expect.poll(() => seen.map(({ api }) => api)).toEqual(['ApiVersions', 'Produce']);
  await two.ask(apis.metadata, 9, { topics: [] });
  await produce('nowhere');
  one.socket.write(Buffer.from([0, 0, 0, 10, 0, 99, 0, 0, 0, 0, 0, 1, 0xff, 0xff]));
  await one.closed();
  await expect.poll(() => seen.length).toBe(5);
  await expect.poll(() => failed.length).toBe(1);
  stop.abort();
  await Promise.allSettled(following);
  expect(seen[1]).toMatchObject({ brokerId: expect.any(Number) as number, clientId: 'a test', api: 'Produce', version: 9, errors: [] });
  expect(JSON.parse(seen[1]!.request!)).toMatchObject({
    acks: 1,
    topicData: [{ name: 'orders', partitionData: [{ records: { bytes: batch(['a', 'b']).length, batches: 1, records: 2 } }] }],
  });
  expect(JSON.parse(seen[1]!.response!)).toMatchObject({ responses: [{ partitionResponses: [{ baseOffset: '0' }] }] });
  expect(failed[0]).toMatchObject({ errors: ['UNKNOWN_TOPIC_OR_PARTITION'] });
  expect(seen.at(-1)).toMatchObject({
    api: 'API 99',
    bytesOut: 0,
    response: null,
    errors: ['API 99 is not served here.'],
  });
});

test('who is refused is told of by what was asked for, why, and how much had come', async () => {
  const lab = await openKafkaLab();
  // JoinGroup, which is not served; a version that is not; a request that is cut off; a length that can not be.
  const sent = [
    Buffer.from([0, 0, 0, 10, 0, 11, 0, 5, 0, 0, 0, 1, 0xff, 0xff]),
    Buffer.from([0, 0, 0, 10, 0, 3, 0, 99, 0, 0, 0, 1, 0xff, 0xff]),
    Buffer.from([0, 0, 0, 11, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 7]),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  ];
  for (const bytes of sent) {
    const client = await lab.wire();
    client.socket.write(bytes);
    await client.closed();
  }
  const seen: Partial<KafkaRequest>[] = [];
  for await (const { requests } of lab.client.requests.watch({ filter: {} })) {
    seen.push(...requests.map(({ api, version, bytesIn, errors }) => ({ api, version, bytesIn, errors })));
    if (seen.length === sent.length) break;
  }
  expect(seen).toEqual([
    { api: 'JoinGroup', version: 5, bytesIn: 14, errors: ['JoinGroup is not served here.'] },
    { api: 'Metadata', version: 99, bytesIn: 14, errors: ['Metadata is not served here in version 99.'] },
    { api: 'Metadata', version: 1, bytesIn: 15, errors: ['4 bytes where 1 are left.'] },
    { api: 'unreadable', version: null, bytesIn: 18, errors: ['A request of 1195725856 bytes (REQUEST_BYTES_MAX).'] },
  ]);
});

test('what is shown of a request and its answer are the fields of their version: all of them, and no others', async () => {
  const lab = await openKafkaLab();
  await createKnown(lab, 'orders', 1);
  const [client, stop] = [await lab.wire(), new AbortController()];
  const produce = (name: string, records: Buffer) => ({
    acks: 1,
    timeoutMs: 1,
    topicData: [{ name, partitionData: [{ index: 0, records }] }],
  });
  for (const version of [7, 9]) await client.ask(apis.produce, version, produce('orders', batch(['a'])));
  await client.ask(apis.metadata, 1, { topics: [] });
  const shown: { api: string; version: number | null; request: unknown; response: unknown }[] = [];
  for await (const { requests } of lab.client.requests.watch({ filter: { clientId: 'a test' } }, { signal: stop.signal })) {
    for (const { api, version, request, response } of requests) {
      if (api !== 'ListOffsets') shown.push({ api, version, request: JSON.parse(request!), response: JSON.parse(response!) });
    }
    if (shown.length === 3) break;
  }
  const partition = { index: 0, errorCode: 0, logAppendTimeMs: '-1', logStartOffset: '0' };
  expect(shown[0]).toMatchObject({ version: 7 });
  expect(shown[0]!.response).toEqual({
    responses: [{ name: 'orders', partitionResponses: [{ ...partition, baseOffset: '0' }] }],
    throttleTimeMs: 0,
  });
  expect(Object.keys(shown[0]!.request as object)).toEqual(['transactionalId', 'acks', 'timeoutMs', 'topicData']);
  expect(shown[0]!.request).toMatchObject({ topicData: [{ name: 'orders' }] });
  expect((shown[0]!.request as { topicData: object[] }).topicData[0]).not.toHaveProperty('topicId');
  expect(shown[1]!.response).toEqual({
    responses: [{ name: 'orders', partitionResponses: [{ ...partition, baseOffset: '1', recordErrors: [], errorMessage: null }] }],
    throttleTimeMs: 0,
  });
  expect(shown[2]!.request).toEqual({ topics: [] });
  expect(shown[2]!.response).toEqual({
    brokers: [{ nodeId: 1, host: '127.0.0.1', port: Number(lab.address.split(':')[1]), rack: null }],
    controllerId: 1,
    topics: [],
  });
});

test('a request has the name that the protocol has for its key, served or not', () => {
  for (const { key, name } of Object.values(apis)) expect(nameOfKey(key)).toBe(name);
  expect([11, 68, 999].map(nameOfKey)).toEqual(['JoinGroup', 'ConsumerGroupHeartbeat', 'API 999']);
});
