/** Real clients, unchanged, against a lab of two brokers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLab, readWhole, temporaryFolder, text, type TestLab } from '../../unit/openLab.ts';
import { type Client, clients, CODECS, confluent, franzGo, kcat } from './clients.ts';
import { runTool } from './library.ts';

const { folder, remove } = temporaryFolder();
let lab: TestLab;
let address: string;

beforeAll(async () => {
  lab = await openLab(folder, { brokers: 2, kafka: { port: 0 } });
  address = lab.engine.kafka[0]!;
});
afterAll(async () => {
  await lab.close();
  remove();
});

const PARTITIONS = 2;
const sentBy = ({ name }: Client, codec: string): string[] =>
  Array.from({ length: 50 }, (_, index) => `${name}, ${codec}, ${index}: ${'the same again, '.repeat(10)}`);

describe('every codec of every client', () => {
  const all: string[] = [];

  test.each(clients.flatMap((client) => CODECS.map((codec) => ({ client, codec, name: client.name }))))(
    '$name writes $codec',
    async ({ client, codec }) => {
      if (all.length === 0) await lab.client.streams.create({ name: 'codecs', shards: PARTITIONS });
      const sent = sentBy(client, codec);
      await client.produce(address, 'codecs', codec, sent);
      all.push(...sent);
      const { records, gaps } = await readWhole(lab.client, 'codecs');
      expect(gaps).toEqual([]);
      expect(records.map(({ value }) => text(value)).sort()).toEqual([...all].sort());
    },
  );

  test.each(clients)('$name reads them all', async (client) => {
    const read = await client.read(address, 'codecs', all.length, PARTITIONS);
    expect(read.sort()).toEqual([...all].sort());
  });
});

test('kcat lists brokers and topics, and finds offsets by time', async () => {
  await lab.client.streams.create({ name: 'times', shards: 1 });
  const event = (at: bigint) => ({ key: null, value: null, headers: [], timestamp: at, shard: 0 });
  await lab.client.produce.append({ stream: 'times', records: [event(1_000n), event(2_000n), event(3_000n)] });
  const listed = JSON.parse(await kcat('-b', address, '-L', '-J')) as { brokers: unknown[]; topics: { topic: string }[] };
  expect(listed.brokers).toHaveLength(2);
  expect(listed.topics.map(({ topic }) => topic)).toContain('times');
  for (const [time, offset] of [
    ['-2', 0],
    ['-1', 3],
    ['2000', 1],
    ['2500', 2],
    ['9000', -1],
  ] as const) {
    expect(await kcat('-b', address, '-Q', '-t', `times:0:${time}`)).toBe(`times [0] offset ${offset}\n`);
  }
});

test('confluent-kafka administers topics', async () => {
  expect(JSON.parse(await confluent('admin', address, 'python'))).toMatchObject({
    partitions: 4,
    configs: { 'retention.ms': '700000', 'compression.type': 'lz4' },
    offsets: [0, 10, 9, 5],
    low: [10],
    nodes: 2,
  });
});

test('franz-go administers topics', async () => {
  expect(await franzGo('admin', address, 'franz', '3')).toBe('3 true\n');
});

test('@platformatic/kafka administers topics', async () => {
  const { Admin } = await import('@platformatic/kafka');
  const admin = new Admin({ clientId: 'interop', bootstrapBrokers: [address] });
  expect(await admin.createTopics({ topics: ['platformatic'], partitions: 3, replicas: 1 })).toMatchObject([
    { name: 'platformatic', partitions: 3 },
  ]);
  expect(await admin.listTopics()).toContain('platformatic');
  await admin.deleteTopics({ topics: ['platformatic'] });
  await admin.close();
  expect((await lab.client.streams.list({})).map(({ name }) => name)).not.toContain('platformatic');
});

describe('Kafka’s console tools', () => {
  const server = (): string[] => ['--bootstrap-server', address];

  test('kafka-topics makes, grows, describes and deletes', async () => {
    await runTool('TopicCommand', [...server(), '--create', '--topic', 'java', '--partitions', '2', '--config', 'retention.ms=600000']);
    expect(await lab.client.streams.list({})).toContainEqual(
      expect.objectContaining({ name: 'java', settings: expect.objectContaining({ retentionMs: 600_000 }) as unknown }),
    );
    await runTool('TopicCommand', [...server(), '--alter', '--topic', 'java', '--partitions', '3']);
    const described = await runTool('TopicCommand', [...server(), '--describe', '--topic', 'java']);
    expect(described).toMatch(/PartitionCount: 3\tReplicationFactor: 1\tConfigs: retention.ms=600000/);
    await runTool('TopicCommand', [...server(), '--delete', '--topic', 'java']);
    expect((await lab.client.streams.list({})).map(({ name }) => name)).not.toContain('java');
    await expect(runTool('TopicCommand', [...server(), '--create', '--topic', 'three', '--replication-factor', '3'])).rejects.toThrow(
      'replication factor can not be 3',
    );
  });

  test('kafka-configs sets what a stream has, and is refused what it has not', async () => {
    await lab.client.streams.create({ name: 'configs', shards: 1 });
    const entity = [...server(), '--entity-type', 'topics', '--entity-name', 'configs'];
    await runTool('ConfigCommand', [
      ...entity,
      '--alter',
      '--add-config',
      'retention.bytes=1000000,compression.type=zstd,max.message.bytes=200000',
    ]);
    const [stream] = (await lab.client.streams.list({})).filter(({ name }) => name === 'configs');
    expect(stream!.settings).toMatchObject({ retentionBytes: 1_000_000, compression: 'zstd', batchBytesMax: 200_000 });
    await runTool('ConfigCommand', [...entity, '--alter', '--delete-config', 'retention.bytes']);
    expect(await runTool('ConfigCommand', [...entity, '--describe'])).toContain('compression.type=zstd');
    expect(await runTool('ConfigCommand', [...entity, '--describe'])).not.toContain('retention.bytes=1000000');
    await expect(runTool('ConfigCommand', [...entity, '--alter', '--add-config', 'cleanup.policy=compact'])).rejects.toThrow(
      'cleanup.policy is delete in the lab',
    );
  });

  test('the producer’s performance test, offsets, sizes and trimming', async () => {
    const sent = await runTool('ProducerPerformance', [
      '--topic',
      'perf',
      '--num-records',
      '20000',
      '--record-size',
      '1024',
      '--throughput',
      '-1',
      '--command-property',
      `bootstrap.servers=${address}`,
      'acks=all',
    ]);
    expect(sent).toMatch(/^20000 records sent, /m);
    expect(await runTool('GetOffsetShell', [...server(), '--topic', 'perf'])).toBe('perf:0:20000\n');
    expect(await runTool('LogDirsCommand', [...server(), '--describe', '--topic-list', 'perf'])).toMatch(
      /"partition":"perf-0","size":2\d{7},/,
    );
    expect(await runTool('ClusterTool', ['cluster-id', ...server()])).toMatch(/^Cluster ID: [\w-]{22}\n$/);
  });
});
