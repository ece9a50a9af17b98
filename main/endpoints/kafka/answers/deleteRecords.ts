/** DeleteRecords: whole batches before an offset are trimmed; the answer says where the shard begins then. */
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
    const start = startWithout(log, shardId, offset);
    await log.trimBefore(shardId, offset);
    await untilBegins(log, shardId, start, Math.min(Math.max(timeoutMs, 0), WAIT_MS_MAX), signal);
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

/** Where the shard begins when all batches before the offset are gone, but for the one that reaches over it. */
function startWithout(log: Log, shardId: number, offset: bigint): bigint {
  const batches = log.reader.headers(shardId, { from: { offset }, direction: 'backward', limit: 2 });
  const last = batches.find(({ lastOffset }) => lastOffset < offset);
  return last ? last.lastOffset + 1n : stateOf(log, shardId).startOffset;
}

/** Throws REQUEST_TIMED_OUT. */
async function untilBegins(log: Log, shardId: number, start: bigint, ms: number, signal: AbortSignal): Promise<void> {
  const isDone = (): boolean => stateOf(log, shardId).startOffset >= start;
  if (isDone()) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = log.onChange(() => {
    try {
      if (isDone()) resolve();
    } catch (error) {
      reject(error as Error);
    }
  });
  const giveUp = (): void => reject(new KafkaError('REQUEST_TIMED_OUT', 'The trimming goes on.'));
  const timer = setTimeout(giveUp, ms);
  signal.addEventListener('abort', giveUp);
  await promise.finally(() => {
    stop();
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  });
}
