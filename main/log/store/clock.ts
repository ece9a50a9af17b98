/**
 * Append time: a hybrid logical clock in microseconds since the epoch. It follows the wall clock, but never goes back when
 * that is set back, and no two transactions of a broker share a value. So (append time, running maximum of the record
 * timestamps within the batch, shard number, offset) is one total order over the shards of a stream.
 *
 * The k-th batch of one shard in a transaction gets the transaction's time + k: batches of one shard never share a value,
 * batches of different shards that were committed together may.
 */
export class AppendClock {
  readonly #now: () => number;
  #last: bigint;

  /** `now` in milliseconds; `last` is the latest value that the file has seen. */
  constructor(now: () => number, last: bigint) {
    this.#now = now;
    this.#last = last;
  }

  get last(): bigint {
    return this.#last;
  }

  /** The time of a new transaction. */
  next(): bigint {
    const wall = BigInt(Math.floor(this.#now() * 1000));
    return wall > this.#last ? wall : this.#last + 1n;
  }

  /** A time that is later than any given away, and not before `since`; from now on only later ones are. */
  pass(since: bigint): bigint {
    const next = this.next();
    this.advance((next > since ? next : since) - 1n);
    return this.#last + 1n;
  }

  /** Everything up to `used` was given away. */
  advance(used: bigint): void {
    if (used > this.#last) this.#last = used;
  }
}
