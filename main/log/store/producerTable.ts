/**
 * Producers whose batches are held against their sequence: each of them comes into a shard once, also where it is sent twice, and none is
 * left out. Where such a producer stands is a view of the headers of its batches.
 */
import type Database from 'better-sqlite3';
import { LabError } from '../../api/errors.ts';
import { SEQUENCES } from '../batch/layout.ts';
import type { VerifiedHeader } from '../batch/verify.ts';

export class ProducerTable {
  readonly #read: Database.Statement<[number, bigint], [number, number]>;
  readonly #write: Database.Statement;
  readonly #drop: Database.Statement<[number]>;

  constructor(db: Database.Database) {
    this.#read = db
      .prepare<[number, bigint], [number, number]>('SELECT epoch, next_sequence FROM producer WHERE shard_id = ? AND producer_id = ?')
      .raw();
    this.#write = db.prepare('INSERT OR REPLACE INTO producer (shard_id, producer_id, epoch, next_sequence) VALUES (?, ?, ?, ?)');
    this.#drop = db.prepare('DELETE FROM producer WHERE shard_id = ?');
  }

  /** What is to be done with a batch; a LabError where it can not be taken: `fenced`, or `batch-invalid` where one before it is missing. */
  judge(shardId: number, { producerId, producerEpoch, firstSequence }: VerifiedHeader): 'append' | 'there already' | LabError {
    const [epoch, next] = this.#read.get(shardId, producerId) ?? [producerEpoch, 0];
    if (producerEpoch < epoch) return new LabError('fenced', `Producer ${producerId} has begun anew: its epoch ${producerEpoch} is over.`);
    const expected = producerEpoch === epoch ? next : 0;
    if (firstSequence === expected) return 'append';
    const behind = (expected - firstSequence + SEQUENCES) % SEQUENCES;
    if (behind < SEQUENCES / 2) return 'there already';
    const message = `Producer ${producerId} sent a batch with sequence ${firstSequence}; ${expected} is missing before it.`;
    return new LabError('batch-invalid', message);
  }

  appended(shardId: number, { producerId, producerEpoch, firstSequence, recordCount }: VerifiedHeader): void {
    this.#write.run(shardId, producerId, producerEpoch, (firstSequence + recordCount) % SEQUENCES);
  }

  /** The shard is gone. */
  forget(shardId: number): void {
    this.#drop.run(shardId);
  }
}
