/** What one commit adds to a state stream: entries in batches that are not larger than they may be. */
import { BatchWriter, NO_HEADERS } from '../../../log/index.ts';
import { type NewEntry, storeKey } from './changelog.ts';

/** A batch is closed when its entries have so many bytes. */
const BATCH_TARGET_BYTES = 1024 * 1024;

export class StateEntries {
  readonly #timestamp: bigint;
  readonly #batches: BatchWriter[] = [];

  constructor(timestamp: bigint) {
    this.#timestamp = timestamp;
  }

  add({ key, value, headers }: NewEntry): void {
    this.#batch().add(key, value, headers, this.#timestamp);
  }

  /** What a store has for a key from now on, as JSON; null where it is deleted. Answers how many bytes it takes. */
  addOfStore(store: string, key: string, json: string | null): number {
    return this.#batch().add(storeKey(store, key), json, NO_HEADERS, this.#timestamp);
  }

  /** All of them; nothing is added any more. */
  finish(): { bytes: Uint8Array; count: number }[] {
    return this.#batches.map((batch) => ({ bytes: batch.finish(), count: batch.count }));
  }

  #batch(): BatchWriter {
    const last = this.#batches.at(-1);
    if (last && last.bytes < BATCH_TARGET_BYTES) return last;
    const batch = new BatchWriter();
    this.#batches.push(batch);
    return batch;
  }
}
