/** The records of a rehearsal by input and offset: from its brokers, the batches around kept. */
import { toLabError } from '../../api/errors.ts';
import type { BrokerClient } from '../../cluster/brokerLink.ts';
import { decodeStored, type LogRecord, type StoredBatch } from '../../log/index.ts';
import type { RecordedPlace } from './recorded.ts';

/** Read at once for one input, and kept for all inputs together, bytes. */
const READ_BYTES = 64 * 1024;
const KEPT_BYTES = 32 * 1024 * 1024;
/** Backwards it is read from so many offsets before. */
const BACK_OFFSETS = 500n;

interface Held {
  first: bigint;
  last: bigint;
  stored: StoredBatch;
  /** Null before it is looked into; a sentence where it is damaged. */
  records: LogRecord[] | string | null;
}

export type Found = { record: LogRecord } | { problem: string };

export class RecordFinder {
  readonly #inputs: readonly RecordedPlace[];
  readonly #brokers: ReadonlyMap<number, Pick<BrokerClient, 'fetch'>>;
  /** Of each input, in the order in which they were last asked for. */
  readonly #held: Held[][];
  #bytes = 0;

  constructor(inputs: readonly RecordedPlace[], brokers: ReadonlyMap<number, Pick<BrokerClient, 'fetch'>>) {
    this.#inputs = inputs;
    this.#brokers = brokers;
    this.#held = inputs.map(() => []);
  }

  /** Where it is in memory, without waiting. */
  kept(input: number, offset: bigint): Found | null {
    const held = this.#held[input]!;
    const at = held.findLastIndex(({ first, last }) => first <= offset && offset <= last);
    if (at < 0) return null;
    const batch = held[at]!;
    // The one that was asked for last is looked at first.
    if (at !== held.length - 1) held.push(...held.splice(at, 1));
    batch.records ??= recordsOf(batch.stored);
    if (typeof batch.records === 'string') return { problem: batch.records };
    const record = recordIn(batch.records, offset);
    return record ? { record } : { problem: 'It is not there any more.' };
  }

  async find(input: number, offset: bigint, isBackwards = false): Promise<Found> {
    const kept = this.kept(input, offset);
    if (kept) return kept;
    const { brokerId, shardId, from } = this.#inputs[input]!;
    const back = offset - BACK_OFFSETS;
    const start = !isBackwards ? offset : back < from ? from : back;
    try {
      let { batches } = await this.#read(brokerId, shardId, start);
      if (start !== offset && !batches.some(({ lastOffset }) => lastOffset >= offset)) {
        this.#keep(input, batches);
        ({ batches } = await this.#read(brokerId, shardId, offset));
      }
      this.#keep(input, batches);
    } catch (thrown) {
      const error = toLabError(thrown);
      if (error.code !== 'offset-out-of-range') throw error;
      if (start !== offset) return this.find(input, offset);
      return { problem: 'It was trimmed meanwhile.' };
    }
    return this.kept(input, offset) ?? { problem: 'It is not there any more.' };
  }

  #read(brokerId: number, shardId: number, from: bigint): Promise<{ batches: StoredBatch[] }> {
    return this.#brokers.get(brokerId)!.fetch({ shardId, from, bytesMax: READ_BYTES });
  }

  #keep(input: number, batches: readonly StoredBatch[]): void {
    const held = this.#held[input]!;
    for (const stored of batches.toReversed()) {
      if (held.some(({ first }) => first === stored.baseOffset)) continue;
      held.push({ first: stored.baseOffset, last: stored.lastOffset, stored, records: null });
      this.#bytes += stored.sizeBytes;
    }
    while (this.#bytes > KEPT_BYTES) {
      const largest = this.#held.reduce((most, each) => (each.length > most.length ? each : most));
      if (largest.length <= batches.length) return;
      this.#bytes -= largest.shift()!.stored.sizeBytes;
    }
  }
}

function recordsOf(stored: StoredBatch): LogRecord[] | string {
  try {
    return decodeStored(stored);
  } catch (error) {
    return toLabError(error).message;
  }
}

function recordIn(records: readonly LogRecord[], offset: bigint): LogRecord | null {
  let [low, high] = [0, records.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = records[middle]!;
    if (found.offset === offset) return found;
    if (found.offset < offset) low = middle + 1;
    else high = middle - 1;
  }
  return null;
}
