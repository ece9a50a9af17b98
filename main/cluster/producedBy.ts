/** Which batches of a shard are a producer's, in its broker: a slice of their headers at a time, to leave appends their turn. */
import { LabError } from '../api/errors.ts';
import type { Log } from '../log/index.ts';
import type { ProducedSlice } from './brokerContract.ts';

/** Headers that a slice reads, batches; about 5 ms. */
const SLICE_BATCHES = 1_000;

/** Throws `no-such-shard`; an offset that was trimmed meanwhile counts as the start. */
export function producedSlice(log: Log, shardId: number, from: bigint, producerId: bigint): ProducedSlice {
  const shard = log.shards().find(({ id }) => id === shardId);
  if (!shard) throw new LabError('no-such-shard', `This broker has no shard with the id ${shardId}.`);
  const { startOffset } = shard;
  const offset = from > startOffset ? from : startOffset;
  const headers = log.reader.headers(shardId, { from: { offset }, direction: 'forward', limit: SLICE_BATCHES });
  return {
    batches: headers
      .filter((batch) => batch.producerId === producerId)
      .map(({ firstSequence, recordCount }) => ({ firstSequence, recordCount })),
    startOffset,
    next: headers.length < SLICE_BATCHES ? null : headers.at(-1)!.lastOffset + 1n,
  };
}
