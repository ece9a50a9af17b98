/** Produce: batches are checked, and appended as they came. */
import { errorCodes, KafkaError, toldOf } from '../errorCodes.ts';
import { deserializeError } from '../../../api/errors.ts';
import type { PlacedShard } from '../../../cluster/controllerContract.ts';
import {
  type AppendOutcome,
  type BatchHeader,
  type BatchToAppend,
  compressionOf,
  crcMatches,
  decodeBatchHeader,
  isControl,
  isTransactional,
  RECORDS_AT,
  verifyBatch,
} from '../../../log/index.ts';
import { type produce, PRODUCE_VERSION_MIN } from '../apis/produce.ts';
import type { Answer, Asked } from '../asked.ts';
import { leaderSaidIn, otherLeaders } from './otherLeaders.ts';
import type { RequestOf, ResponseOf } from '../wire/api.ts';

const MAGIC = 2;
const ZSTD_VERSION_MIN = 7;

type Request = RequestOf<typeof produce>;
type AskedTopic = Request['topicData'][number];
type AnsweredPartition = ResponseOf<typeof produce>['responses'][number]['partitionResponses'][number];

/** One partition of the request, and what has become of it. */
interface Part {
  topic: AskedTopic;
  index: number;
  batch: BatchToAppend | null;
  failure: unknown;
  shard: PlacedShard | null;
}

export const answerProduce: Answer<typeof produce> = async (request, asked) => {
  const parts = request.topicData.flatMap((topic) =>
    topic.partitionData.map(({ index, records }) => partOf(request, topic, index, records, asked)),
  );
  const batches = parts.flatMap(({ batch }) => batch ?? []);
  // No await before this: see Answer.
  const outcomes = await append(batches, asked).catch((error: unknown) => error);
  const answered = new Map<Part, AnsweredPartition>();
  let at = 0;
  for (const part of parts) {
    const outcome = part.batch ? (Array.isArray(outcomes) ? (outcomes as AppendOutcome[])[at++] : outcomes) : undefined;
    answered.set(part, answeredPartition(part, outcome, asked));
  }
  if (request.acks === 0) {
    const failed = [...answered.values()].find(({ errorCode }) => errorCode !== errorCodes.NONE);
    // Who wants no answer learns of a failure by the end of the connection.
    if (failed) throw new KafkaError('INVALID_REQUEST', failed.errorMessage ?? 'Not all batches could be appended.');
    return null;
  }
  return {
    responses: request.topicData.map((topic) => ({
      name: topic.name,
      topicId: topic.topicId,
      partitionResponses: parts.filter((part) => part.topic === topic).map((part) => answered.get(part)!),
    })),
    nodeEndpoints: otherLeaders(
      parts.map(({ failure }) => failure),
      asked.topology,
    ),
  };
};

async function append(batches: readonly BatchToAppend[], { log, appends }: Asked): Promise<AppendOutcome[]> {
  if (batches.length === 0) return [];
  appends.underWay += 1;
  try {
    return await log.append(batches, appends.underWay);
  } finally {
    appends.underWay -= 1;
  }
}

function partOf(request: Request, topic: AskedTopic, index: number, records: Uint8Array | null, asked: Asked): Part {
  const part: Part = { topic, index, batch: null, failure: null, shard: null };
  try {
    if (asked.version < PRODUCE_VERSION_MIN)
      throw new KafkaError('UNSUPPORTED_VERSION', `Batches are taken from version ${PRODUCE_VERSION_MIN} on.`);
    if (![0, 1, -1].includes(request.acks)) throw new KafkaError('INVALID_REQUIRED_ACKS', `acks is 0, 1 or −1, not ${request.acks}.`);
    if (request.transactionalId !== null) {
      throw new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'The lab has no transactions.');
    }
    part.shard = asked.topology.own(topic, index, -1);
    const { batchBytesMax } = asked.topology.find(topic)!.settings;
    part.batch = toAppend(part.shard.shardId, records, { version: asked.version, batchBytesMax });
  } catch (error) {
    part.failure = error;
  }
  return part;
}

/** Throws what is wrong with the bytes; of several things the one that Kafka names. */
function toAppend(
  shardId: number,
  bytes: Uint8Array | null,
  { version, batchBytesMax }: { version: number; batchBytesMax: number },
): BatchToAppend {
  if (bytes === null || bytes.length === 0) throw new KafkaError('INVALID_RECORD', 'There is no record batch for the partition.');
  const header = decodeBatchHeader(bytes);
  if (header.magic < 0 || header.magic > MAGIC)
    throw new KafkaError('CORRUPT_MESSAGE', `The record batch is of format ${header.magic}, which nobody knows.`);
  if (header.magic < MAGIC)
    throw new KafkaError('INVALID_RECORD', `The record batch is of format ${header.magic}; format ${MAGIC} is taken.`);
  if (header.sizeBytes < RECORDS_AT)
    throw new KafkaError('CORRUPT_MESSAGE', `The record batch says that it has ${header.sizeBytes} bytes.`);
  if (header.sizeBytes > bytes.length) throw new KafkaError('INVALID_RECORD', 'The record batch is cut off.');
  if (header.sizeBytes < bytes.length) throw new KafkaError('INVALID_RECORD', 'There is more than one record batch for the partition.');
  if (header.baseOffset !== 0n) throw new KafkaError('INVALID_RECORD', `The record batch begins at offset ${header.baseOffset}, not at 0.`);
  if (bytes.length > batchBytesMax) {
    const said = `The record batch has ${bytes.length} bytes; the topic takes at most ${batchBytesMax} (max.message.bytes).`;
    throw new KafkaError('MESSAGE_TOO_LARGE', said);
  }
  if (!crcMatches(bytes, header)) throw new KafkaError('CORRUPT_MESSAGE', 'The record batch fails its checksum.');
  if (isControl(header.attributes)) throw new KafkaError('INVALID_RECORD', 'The record batch holds the mark of a transaction.');
  if (isTransactional(header.attributes)) throw new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'The lab has no transactions.');
  assertNumbered(header);
  if (version < ZSTD_VERSION_MIN && compressionOf(header.attributes) === 'zstd') {
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `zstd is taken from version ${ZSTD_VERSION_MIN} on.`);
  }
  return { shardId, bytes, header: verifyBatch(bytes), isOfClient: true };
}

/** As a producer must number them: without gaps. Batches that have gaps come from a log, never from a producer. */
function assertNumbered({ lastOffsetDelta, recordCount, producerId, firstSequence }: BatchHeader): void {
  if (lastOffsetDelta !== recordCount - 1)
    throw new KafkaError('INVALID_RECORD', `The record batch has ${recordCount} records and ${lastOffsetDelta + 1} offsets.`);
  if (producerId >= 0n && firstSequence < 0)
    throw new KafkaError('INVALID_RECORD', `The record batch of producer ${producerId} has the sequence ${firstSequence}.`);
}

function answeredPartition(part: Part, outcome: unknown, { log }: Asked): AnsweredPartition {
  const { index, shard } = part;
  const failed = part.failure ?? failureOf(outcome);
  if (failed !== null) {
    return { index, ...toldOf(failed), baseOffset: -1n, currentLeader: leaderSaidIn(failed) };
  }
  const { appended } = outcome as AppendOutcome & { ok: true };
  const logStartOffset = log.shard(shard!.shardId)?.startOffset ?? -1n;
  return { index, errorCode: errorCodes.NONE, baseOffset: appended.baseOffset, logStartOffset };
}

function failureOf(outcome: unknown): unknown {
  if (outcome instanceof Error) return outcome;
  const { ok, error } = outcome as { ok: boolean; error?: unknown };
  return ok ? null : deserializeError(error);
}
