/**
 * Fetch: whole batches, as they are stored. Sessions are not kept: a client that asks for one gets none and goes on naming all partitions, as
 * KIP-227 wants it. What is asked to wait is answered when there is enough, without being looked at meanwhile.
 */
import { compressionOf, type StoredBatch } from '../../../log/index.ts';
import type { PlacedShard } from '../../../cluster/controllerContract.ts';
import type { fetch } from '../apis/fetch.ts';
import type { Answer, Asked } from '../asked.ts';
import { errorCodes, KafkaError, toldOf } from '../errorCodes.ts';
import { once } from './namedTwice.ts';
import { leaderSaidIn, otherLeaders } from './otherLeaders.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';

/** Record batches of one answer, bytes; the first one is in it whatever its size. */
export const FETCHED_BYTES_MAX = 16 * 1024 * 1024;
/** Longest wait, milliseconds: a timer takes no more. */
const WAIT_MS_MAX = 2 ** 31 - 1;
const ZSTD_VERSION_MIN = 10;
const READ_COMMITTED = 1;
/** Errors of what is not there at all. */
const NOT_THERE: ReadonlySet<number> = new Set([errorCodes.UNKNOWN_TOPIC_OR_PARTITION, errorCodes.UNKNOWN_TOPIC_ID]);
const NO_RECORDS = new Uint8Array(0);

type Request = RequestOf<typeof fetch>;
type AskedTopic = Request['topics'][number];
type AskedPartition = AskedTopic['partitions'][number];
type AnsweredPartition = ResponseOf<typeof fetch>['responses'][number]['partitions'][number];

interface Part {
  topic: AskedTopic;
  partition: AskedPartition;
  shard: PlacedShard | null;
  failure: unknown;
}

interface Read {
  answers: Map<Part, AnsweredPartition>;
  bytes: number;
  hasError: boolean;
}

export const answerFetch: Answer<typeof fetch> = async (request, asked) => {
  if (request.sessionId !== 0 && request.sessionEpoch !== -1) return { errorCode: errorCodes.FETCH_SESSION_ID_NOT_FOUND, responses: [] };
  const parts = request.topics.flatMap((topic) =>
    once(topic.partitions, ({ partition }) => String(partition)).map(({ one }) => partOf(topic, one, asked)),
  );
  const until = performance.now() + Math.min(Math.max(request.maxWaitMs, 0), WAIT_MS_MAX);
  const bytesMin = Math.min(request.minBytes, request.maxBytes, FETCHED_BYTES_MAX);
  const shards = parts.flatMap(({ shard }) => shard ?? []);
  let read = readAll(parts, request, asked);
  while (read.bytes < bytesMin && !read.hasError && !asked.signal.aborted && performance.now() < until) {
    await waitForMore(shards, bytesMin - read.bytes, until, asked);
    read = readAll(parts, request, asked);
  }
  return {
    responses: request.topics.map((topic) => ({
      topic: topic.topic,
      topicId: topic.topicId,
      partitions: parts.filter((part) => part.topic === topic).map((part) => read.answers.get(part)!),
    })),
    nodeEndpoints: otherLeaders(
      parts.map(({ failure }) => failure),
      asked.topology,
    ),
  };
};

function partOf(topic: AskedTopic, partition: AskedPartition, { topology }: Asked): Part {
  try {
    const shard = topology.own({ name: topic.topic, topicId: topic.topicId }, partition.partition, partition.currentLeaderEpoch);
    if (partition.lastFetchedEpoch > shard.leaderEpoch) throw new KafkaError('OFFSET_OUT_OF_RANGE', 'No such epoch has been yet.');
    return { topic, partition, shard, failure: null };
  } catch (failure) {
    return { topic, partition, shard: null, failure };
  }
}

function readAll(parts: readonly Part[], { maxBytes, isolationLevel }: Request, asked: Asked): Read {
  const read: Read = { answers: new Map(), bytes: 0, hasError: false };
  const most = Math.min(maxBytes, FETCHED_BYTES_MAX);
  for (const part of parts) {
    const answer = readOne(part, { isFirst: read.bytes === 0, bytesMax: most - read.bytes, isolationLevel }, asked);
    read.answers.set(part, answer);
    read.bytes += answer.records?.length ?? 0;
    if (answer.errorCode !== errorCodes.NONE) read.hasError = true;
  }
  return read;
}

function readOne(
  { partition: { partition, fetchOffset, partitionMaxBytes }, shard, failure }: Part,
  { isFirst, bytesMax, isolationLevel }: { isFirst: boolean; bytesMax: number; isolationLevel: number },
  { log, version }: Asked,
): AnsweredPartition {
  try {
    if (shard === null) throw failure;
    const limit = Math.max(0, Math.min(bytesMax, partitionMaxBytes));
    const { batches, startOffset, endOffset } = log.reader.read(shard.shardId, fetchOffset, { upTo: 'highWatermark', bytesMax: limit });
    // The log gives one batch at least; that is for the first partition which has any, so that a client gets on.
    const fitting = isFirst || (batches[0]?.sizeBytes ?? 0) <= limit ? batches : [];
    if (version < ZSTD_VERSION_MIN && fitting.some(({ attributes }) => compressionOf(attributes) === 'zstd')) {
      throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `zstd is given from version ${ZSTD_VERSION_MIN} on.`);
    }
    return {
      ...{ partitionIndex: partition, errorCode: errorCodes.NONE },
      ...{ highWatermark: endOffset, lastStableOffset: endOffset, logStartOffset: startOffset },
      abortedTransactions: isolationLevel === READ_COMMITTED ? [] : null,
      records: joined(fitting),
    };
  } catch (error) {
    const { errorCode } = toldOf(error);
    return {
      ...{ partitionIndex: partition, errorCode, highWatermark: -1n, currentLeader: leaderSaidIn(error), records: NO_RECORDS },
      // Kafka's clients take both; so does Kafka.
      abortedTransactions: NOT_THERE.has(errorCode) ? [] : null,
    };
  }
}

function joined(batches: readonly StoredBatch[]): Uint8Array {
  if (batches.length === 1) return batches[0]!.bytes;
  return batches.length === 0 ? NO_RECORDS : Buffer.concat(batches.map(({ bytes }) => bytes));
}

/** Until the shards have grown by so many bytes, one of them is gone, or the time is over. */
async function waitForMore(
  shards: readonly PlacedShard[],
  missingBytes: number,
  until: number,
  { log, waits, signal }: Asked,
): Promise<void> {
  const bytes = (): number => shards.reduce((sum, { shardId }) => sum + (log.shard(shardId)?.bytes ?? 0), 0);
  const wanted = bytes() + missingBytes;
  while (bytes() < wanted) {
    const leftMs = until - performance.now();
    const places = shards
      .flatMap(({ shardId }) => log.shard(shardId) ?? [])
      .map(({ id, nextOffset }) => ({ shardId: id, offset: nextOffset }));
    if (leftMs <= 0 || signal.aborted || places.length < shards.length) return;
    await waits.until(places, leftMs, signal);
  }
}
