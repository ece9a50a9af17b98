/** A task's shard of the state stream: taken over from an earlier life of the task, read back, and written on. */
import { toLabError } from '../../../api/errors.ts';
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import { decodeStored, encodeBatch, type NewRecord } from '../../../log/index.ts';
import { beginRecord, changelogEntry, type OutboxEntry, type SavedTask } from './changelog.ts';
import { StateSum } from './stateSum.ts';
import type { TaskParts } from './taskParts.ts';
import { COMMIT_BYTES } from './uncommitted.ts';

/** Bytes of the state stream read at once when a task is restored. */
const RESTORE_BYTES = 4 * 1024 * 1024;
/** A task that finds another life of itself writing tries to take over so often. */
const BEGIN_TRIES = 5;

const NO_SAVED: SavedTask = {
  run: { eventTime: { inputs: [], time: null }, window: null, punctuate: null },
  totals: { in: 0, bad: 0, out: {} },
  sequences: [],
  sent: [],
};

/** What an earlier life has left, besides what is in the stores. */
export interface Left {
  saved: SavedTask;
  outbox: { entry: OutboxEntry; at: bigint }[];
  /** Entries that the stores have got. */
  entries: number;
}

export class StateStream {
  readonly sum: StateSum;
  readonly #shard: number;
  readonly #shardId: number;
  readonly #home: BrokerClient;
  readonly #parts: TaskParts;
  #end = 0n;

  /** `shard`: of the task; `home`: the broker that has its state. */
  constructor({ shard, stateShardId }: { shard: number; stateShardId: number }, home: BrokerClient, parts: TaskParts) {
    this.sum = new StateSum(shard, parts.realm);
    this.#shard = shard;
    this.#shardId = stateShardId;
    this.#home = home;
    this.#parts = parts;
  }

  /** Where it ends, once all that {@link next} has given is committed. */
  get end(): bigint {
    return this.#end;
  }

  /** Takes over from an earlier life, and puts what the stores had into the realm. */
  async takeOver(): Promise<Left> {
    return this.#read(await this.#begin());
  }

  /** The next records of it, as batches to be committed. */
  next(records: readonly NewRecord[]): { shardId: number; bytes: Uint8Array; expectedOffset: bigint }[] {
    return parted(records).map((part) => {
      const bytes = encodeBatch({ records: part });
      const expectedOffset = this.#end;
      this.#end += BigInt(part.length);
      this.sum.grew(bytes.length);
      return { shardId: this.#shardId, bytes, expectedOffset };
    });
  }

  /** What lies before the offset need not be kept. */
  trim(offset: bigint): void {
    void this.#home.trimBefore({ shardId: this.#shardId, offset }).catch(() => {});
  }

  /** Writes that this life begins. Answers where its state ends. */
  async #begin(): Promise<bigint> {
    for (let tries = 1; ; tries++) {
      const [bounds] = await this.#home.bounds({ shardIds: [this.#shardId] });
      const end = bounds!.endOffset;
      const bytes = encodeBatch({ records: [beginRecord(this.#parts.pid, BigInt(this.#parts.now()))] });
      try {
        await this.#home.commit({ batches: [{ shardId: this.#shardId, bytes, expectedOffset: end }] });
        this.#end = end + 1n;
        return end;
      } catch (error) {
        if (toLabError(error).code !== 'fenced' || tries === BEGIN_TRIES) throw error;
      }
    }
  }

  async #read(end: bigint): Promise<Left> {
    const [bounds] = await this.#home.bounds({ shardIds: [this.#shardId] });
    const left: Left = { saved: NO_SAVED, outbox: [], entries: 0 };
    for (let from = bounds!.startOffset; from < end;) {
      const { batches } = await this.#home.fetch({ shardId: this.#shardId, from, bytesMax: RESTORE_BYTES });
      if (batches.length === 0) break;
      await this.#parts.burst(() => {
        for (const batch of batches) {
          this.sum.grew(batch.sizeBytes);
          for (const record of decodeStored(batch)) {
            const entry = changelogEntry(record);
            if (entry?.kind === 'store') {
              this.#parts.realm.restore(this.#shard, entry.store, entry.key, entry.json);
              left.entries++;
            } else if (entry?.kind === 'task') left.saved = entry.saved;
            else if (entry?.kind === 'outbox') left.outbox.push({ entry: entry.entry, at: batch.baseOffset });
          }
        }
      });
      from = batches.at(-1)!.lastOffset + 1n;
    }
    return left;
  }
}

/** Records of one commit in batches that are not larger than they may be. */
function parted(records: readonly NewRecord[]): NewRecord[][] {
  const parts: NewRecord[][] = [];
  let bytes = Infinity;
  for (const record of records) {
    const own = (record.key?.length ?? 0) + (record.value?.length ?? 0);
    if (bytes + own > COMMIT_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(record);
    bytes += own;
  }
  return parts;
}
