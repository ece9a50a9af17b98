/**
 * One script of requests, good and bad, played to Apache Kafka and to a lab; their answers are held against each other field by field, in every
 * version that both serve. What differs is listed in differential/differences.ts with its reason, and nothing else does.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apis } from '../../../main/endpoints/kafka/apis/index.ts';
import { BATCH_BYTES_MAX } from '../../../main/log/index.ts';
import { openLab, temporaryFolder, type TestLab } from '../../unit/openLab.ts';
import { cluster, nonsense, settings } from './differential/describe.script.ts';
import { isListed, unseen } from './differential/differences.ts';
import { type Difference, Play } from './differential/play.ts';
import { produce, produceInSequence } from './differential/produce.script.ts';
import { deleteRecords, epochs, fetch, fetchInSessions, listOffsets, sizes } from './differential/read.script.ts';
import { Side } from './differential/side.ts';
import { deleteTopics, describeTopics, growTopics, makeTopics } from './differential/topics.script.ts';
import { type KafkaServer, startKafkaServer } from './server/kafkaServer.ts';

const { folder, remove } = temporaryFolder();
let lab: TestLab;
let kafka: KafkaServer;

/** What the lab has as its own, where Kafka can be told to have the same. */
const AS_THE_LAB = {
  'log.retention.ms': -1,
  'message.max.bytes': BATCH_BYTES_MAX,
  'log.message.timestamp.after.max.ms': 2n ** 63n - 1n,
  'socket.request.max.bytes': 32 * 1024 * 1024,
  'offsets.topic.replication.factor': 1,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
};

beforeAll(async () => {
  kafka = await startKafkaServer(AS_THE_LAB);
  lab = await openLab(folder, { brokers: 1, kafka: { port: 0 } });
}, 15 * 60_000);
afterAll(async () => {
  await lab.close();
  await kafka.close();
  remove();
});

const parts = {
  ...{ makeTopics, growTopics, describeTopics, settings, cluster },
  ...{ produce, produceInSequence, listOffsets, fetch, fetchInSessions, epochs, sizes, deleteRecords, deleteTopics, nonsense },
};

/** So that every version of every API is asked. */
const ROUNDS = Math.max(...Object.values(apis).map(({ min, max }) => max - min + 1));
const found: Difference[] = [];

test.each(Array.from({ length: ROUNDS }, (_, round) => round))('version %i of those that are served, or the highest', async (above) => {
  const sides = { kafka: await Side.to(kafka.address), lab: await Side.to(lab.engine.kafka[0]!) };
  await Promise.all([sides.kafka.untilReady(), sides.lab.untilReady()]);
  const play = new Play(sides, above);
  for (const [name, part] of Object.entries(parts)) await play.part(name, part);
  found.push(...play.found);
  expect(play.steps).toBeGreaterThan(200);
  expect(play.found.filter((difference) => !isListed(difference))).toEqual([]);
});

test('what is listed is still so', () => {
  expect(unseen(found)).toEqual([]);
});
