/**
 * Keeps the state stream of a task short: when it has grown enough all entries of the stores are written anew, some with each commit; once
 * they all are, what is older can go.
 */
import type { Realm } from '../../realm/realm.ts';
import type { StateEntries } from './stateEntries.ts';

/** A state stream is summed up when it has grown by so many bytes, and by some times what its last sum had. */
const SNAPSHOT_AFTER_BYTES = 8 * 1024 * 1024;
const SNAPSHOT_SHARE = 3;
/** Of such a sum, in one commit: bytes and entries. */
const SLICE_BYTES = 512 * 1024;
const SLICE_ENTRIES = 64;

export interface Sum {
  /** The offset at which it begins. */
  readonly from: bigint;
  /** What the state stream has from there on. */
  bytes: number;
  isDone: boolean;
}

export class StateSum {
  readonly #shard: number;
  readonly #realm: Realm;
  /** Bytes of the state stream that the next sum makes superfluous; of the last sum. */
  #grown = 0;
  #summed = 0;
  #sum: Sum | null = null;

  constructor(shard: number, realm: Realm) {
    this.#shard = shard;
    this.#realm = realm;
  }

  /** So many bytes were added to the state stream. */
  grew(bytes: number): void {
    this.#grown += bytes;
    if (this.#sum) this.#sum.bytes += bytes;
  }

  /** The sum that is whole with the commit that is being made, or with one before; null where none is. */
  get whole(): Sum | null {
    return this.#sum?.isDone ? this.#sum : null;
  }

  /** For the commit that begins at this offset: adds some more entries of the stores, where they are being written anew. */
  addSlice(at: bigint, into: StateEntries): void {
    if (!this.#sum) {
      if (this.#grown - this.#summed < SNAPSHOT_AFTER_BYTES || this.#grown < SNAPSHOT_SHARE * this.#summed) return;
      this.#sum = { from: at, bytes: 0, isDone: false };
      this.#realm.beginEntries(this.#shard);
    }
    for (let bytes = 0; bytes < SLICE_BYTES && !this.#sum.isDone;) {
      this.#realm.nextEntries(this.#shard, SLICE_ENTRIES);
      const { count, stores, keys, values } = this.#realm.entries;
      if (count === 0) this.#sum.isDone = true;
      for (let index = 0; index < count; index++) bytes += into.addOfStore(stores[index]!, keys[index]!, values[index]!);
    }
  }

  /** It is committed. Answers from where on the state stream is still needed; null where that was answered before. */
  end(whole: Sum): bigint | null {
    if (this.#sum !== whole) return null;
    this.#sum = null;
    this.#summed = whole.bytes;
    this.#grown = whole.bytes;
    return whole.from;
  }
}
