/** Verifying the log: every batch is read, checked against its checksum and decoded. */
import * as v from 'valibot';
import { stream, type } from './contract.ts';
import { streamName } from './values.ts';

/** Damaged batches that a report names; of more it tells the number. */
export const DAMAGES_MAX = 1_000;

/** Events that can not be read. */
export interface Damage {
  stream: string;
  shard: number;
  firstOffset: bigint;
  lastOffset: bigint;
  /** A sentence. */
  reason: string;
}

/** How far a verification has come. */
export interface VerifyReport {
  shards: number;
  batches: number;
  bytes: number;
  /** What there was as it began. */
  totalBytes: number;
  damages: Damage[];
  /** More than are named, perhaps. */
  damagedBatches: number;
  isOver: boolean;
}

export const verify = {
  /** All streams, or one. Reports while it runs, newest wins; the last one says that it is over. Leaving the stream of reports ends it. */
  run: stream(v.strictObject({ stream: v.optional(streamName) }), type<VerifyReport>(), {
    errors: ['no-such-stream', 'shards-missing', 'broker-down'],
  }),
};
