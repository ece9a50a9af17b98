/**
 * DeleteRecords: what lies before an offset is trimmed; the answer says where the shard begins then. That is at the offset, and before it only
 * where the batch that holds it is damaged: it stays whole.
 */
import type { Log, ShardState } from '../../../log/index.ts';
import type { deleteRecords } from '../apis/deleteRecords.ts';
import type { Answer, Asked } from '../asked.ts';
import { errorCodes, KafkaError, toldOf } from '../errorCodes.ts';
import { ZERO_UUID } from '../wire/types.ts';

const TO_THE_END = -1n;
const WAIT_MS_MAX = 60_000;

export const answerDeleteRecords: Answer<typeof deleteRecords> = async ({ topics, timeoutMs }, asked) => ({
  topics: await Promise.all(
    topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(
        partitions.map(({ partitionIndex, offset }) => trimOne(name, partitionIndex, offset, timeoutMs, asked)),
      ),
    })),
  ),
});

async function trimOne(name: string, partitionIndex: number, asOf: bigint, timeoutMs: number, { topology, log, signal }: Asked) {
  try {
    const { shardId } = topology.own({ name, topicId: ZERO_UUID }, partitionIndex, -1);
    const shard = stateOf(log, shardId);
    const offset = asOf === TO_THE_END ? shard.nextOffset : asOf;
    if (offset < 0n || offset > shard.nextOffset) throw new KafkaError('OFFSET_OUT_OF_RANGE', `The partition ends at ${shard.nextOffset}.`);
    if (offset > shard.startOffset) {
      await within(Math.min(Math.max(timeoutMs, 0), WAIT_MS_MAX), signal, log.beginAt(shardId, offset));
    }
    return { partitionIndex, lowWatermark: stateOf(log, shardId).startOffset, errorCode: errorCodes.NONE };
  } catch (error) {
    return { partitionIndex, lowWatermark: -1n, errorCode: toldOf(error).errorCode };
  }
}

function stateOf(log: Log, shardId: number): ShardState {
  const shard = log.shard(shardId);
  if (shard) return shard;
  throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', 'The shard is gone.');
}

/** Throws REQUEST_TIMED_OUT. */
async function within(ms: number, signal: AbortSignal, trimmed: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(new KafkaError('REQUEST_TIMED_OUT', 'The trimming goes on.'));
  const timer = setTimeout(giveUp, ms);
  signal.addEventListener('abort', giveUp);
  await Promise.race([trimmed, promise]).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  });
}
