/**
 * Where clients stand that number their batches in each shard as Kafka's idempotent producers do (KIP-98). A batch that came before is known by
 * its numbers and answered with the offsets that it got; one whose predecessor is missing is refused. What is known of a client survives the
 * broker's restarts; a client that is silent for long is forgotten, and may go on where it likes, as with Kafka.
 */
import type Database from 'better-sqlite3';
import { LabError } from '../../api/errors.ts';
import { SEQUENCES } from '../batch/layout.ts';
import type { VerifiedHeader } from '../batch/verify.ts';

/** Batches of a client that are remembered in each shard: a client has at most so many under way. */
export const RECENT_BATCHES_MAX = 5;
/** A client that has appended nothing to a shard for so long is forgotten there, microseconds: a day. */
export const CLIENT_KEPT_US = 86_400_000_000n;
/** Clients are looked through for such at most this often, microseconds. */
const SWEEP_INTERVAL_US = 600_000_000n;
/** Clients forgotten at once. */
const SWEPT_MAX = 500;

/** A remembered batch: first and last sequence int32, base and last offset int64. */
const ENTRY_BYTES = 24;

interface Offsets {
  baseOffset: bigint;
  lastOffset: bigint;
}

export class ClientSequences {
  readonly #read: Database.Statement<[number, bigint], [number, number, Buffer | null]>;
  readonly #write: Database.Statement;
  readonly #sweep: Database.Statement<[bigint, number]>;
  #sweptUs = 0n;

  constructor(db: Database.Database) {
    this.#read = db
      .prepare<[number, bigint], [number, number, Buffer | null]>(
        'SELECT epoch, next_sequence, recent FROM producer WHERE shard_id = ? AND producer_id = ?',
      )
      .raw();
    this.#write = db.prepare(
      `INSERT OR REPLACE INTO producer (shard_id, producer_id, epoch, next_sequence, recent, last_append_time) VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#sweep = db.prepare(
      `DELETE FROM producer WHERE (shard_id, producer_id) IN
         (SELECT shard_id, producer_id FROM producer WHERE recent IS NOT NULL AND last_append_time < ? LIMIT ?)`,
    );
  }

  /** What is to be done with a batch: append it, or answer with the offsets that it has; a LabError (`fenced`, `out-of-sequence`) refuses it. */
  judge(shardId: number, header: VerifiedHeader): 'append' | Offsets | LabError {
    const { producerId, producerEpoch, firstSequence } = header;
    const known = this.#read.get(shardId, producerId);
    if (!known) return 'append';
    const [epoch, next, recent] = known;
    if (producerEpoch < epoch) return new LabError('fenced', `Producer ${producerId} has begun anew: its epoch ${producerEpoch} is over.`);
    if (producerEpoch === epoch) {
      const copy = recent && find(recent, firstSequence, lastSequenceOf(header));
      if (copy) return copy;
    }
    const expected = producerEpoch === epoch ? next : 0;
    if (firstSequence === expected) return 'append';
    const message = `Producer ${producerId} sent a batch with sequence ${firstSequence}; ${expected} is to come next.`;
    return new LabError('out-of-sequence', message);
  }

  /** Within the transaction of the append. */
  appended(
    header: VerifiedHeader,
    { shardId, baseOffset, lastOffset, appendTimeUs }: Offsets & { shardId: number; appendTimeUs: bigint },
  ): void {
    const { producerId, producerEpoch, firstSequence } = header;
    const [epoch, , recent] = this.#read.get(shardId, producerId) ?? [];
    const before = epoch === producerEpoch && recent ? recent : Buffer.alloc(0);
    const lastSequence = lastSequenceOf(header);
    const entry = Buffer.alloc(ENTRY_BYTES);
    entry.writeInt32BE(firstSequence, 0);
    entry.writeInt32BE(lastSequence, 4);
    entry.writeBigInt64BE(baseOffset, 8);
    entry.writeBigInt64BE(lastOffset, 16);
    const kept = before.subarray(Math.max(0, before.length - (RECENT_BATCHES_MAX - 1) * ENTRY_BYTES));
    this.#write.run(
      ...[shardId, producerId, producerEpoch, (lastSequence + 1) % SEQUENCES],
      ...[Buffer.concat([kept, entry]), appendTimeUs],
    );
    if (epoch === undefined) this.#sweepOld(appendTimeUs);
  }

  #sweepOld(nowUs: bigint): void {
    if (nowUs - this.#sweptUs < SWEEP_INTERVAL_US) return;
    this.#sweptUs = nowUs;
    this.#sweep.run(nowUs - CLIENT_KEPT_US, SWEPT_MAX);
  }
}

function lastSequenceOf({ firstSequence, lastOffsetDelta }: VerifiedHeader): number {
  return (firstSequence + lastOffsetDelta) % SEQUENCES;
}

function find(recent: Buffer, first: number, last: number): Offsets | null {
  for (let at = 0; at < recent.length; at += ENTRY_BYTES) {
    if (recent.readInt32BE(at) !== first || recent.readInt32BE(at + 4) !== last) continue;
    return { baseOffset: recent.readBigInt64BE(at + 8), lastOffset: recent.readBigInt64BE(at + 16) };
  }
  return null;
}
