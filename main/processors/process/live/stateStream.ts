/** A task's shard of the state stream: taken over from an earlier life of the task, read back, and written on. */
import { toLabError } from '../../../api/errors.ts';
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import { storedColumns, type StoredBatch } from '../../../log/index.ts';
import { beginEntry, NO_SAVED, type OutboxEntry, readChangelog, type SavedTask } from './changelog.ts';
import { StateEntries } from './stateEntries.ts';
import { StateSum } from './stateSum.ts';
import type { TaskParts } from './taskParts.ts';

/** Bytes of the state stream read at once when a task is restored. */
const RESTORE_BYTES = 4 * 1024 * 1024;
/** A task that finds another life of itself writing tries to take over so often. */
const BEGIN_TRIES = 5;

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

  /** The next entries of it, as batches to be committed. */
  next(entries: StateEntries): { shardId: number; bytes: Uint8Array; expectedOffset: bigint }[] {
    return entries.finish().map(({ bytes, count }) => {
      const expectedOffset = this.#end;
      this.#end += BigInt(count);
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
      const entries = new StateEntries(BigInt(this.#parts.now()));
      entries.add(beginEntry(this.#parts.pid));
      const { bytes } = entries.finish()[0]!;
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
    const fetch = (from: bigint) => this.#home.fetch({ shardId: this.#shardId, from, bytesMax: RESTORE_BYTES });
    let from = bounds!.startOffset;
    // What comes next is on its way while this is taken up.
    for (let ahead = from < end ? fetch(from) : null; ahead;) {
      const { batches }: Awaited<typeof ahead> = await ahead;
      from = batches.length === 0 ? end : batches.at(-1)!.lastOffset + 1n;
      ahead = from < end ? fetch(from) : null;
      // Where this fails, that one is not waited for.
      ahead?.catch(() => {});
      await this.#parts.burst(() => {
        for (const batch of batches) this.#take(batch, left);
      });
    }
    return left;
  }

  #take(batch: StoredBatch, left: Left): void {
    const { realm } = this.#parts;
    this.sum.grew(batch.sizeBytes);
    readChangelog(storedColumns(batch), {
      store: (store, key, json) => {
        realm.restore(this.#shard, store, key, json);
        left.entries++;
      },
      task: (saved) => void (left.saved = saved),
      outbox: (entry) => void left.outbox.push({ entry, at: batch.baseOffset }),
      moved: () => {
        left.saved = { ...left.saved, sequences: [], sent: [] };
        left.outbox = [];
      },
    });
  }
}
