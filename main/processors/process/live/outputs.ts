/** What a task has emitted and not yet committed: records by output and shard, and from them batches. */
import { shardForKey } from '../../../api/murmur2.ts';
import type { Codec } from '../../../api/streams.ts';
import { NO_TIMESTAMP } from '../../../api/time.ts';
import { attributesOf, encodeBatch, type NewRecord } from '../../../log/index.ts';
import type { Outcome } from '../../realm/outcome.ts';
import { BAD, badHeaders } from '../../bad.ts';
import { bytesOf, headersOf, type InputRecord } from '../shardRun.ts';

export interface OutputPlace {
  brokerId: number;
  shardId: number;
}

export interface OutputStream {
  /** As the processor names it. */
  name: string;
  compression: Codec;
  /** By number. */
  shards: OutputPlace[];
}

/** A batch is closed when its records have so many bytes. */
const BATCH_TARGET_BYTES = 1024 * 1024;
/** About what a record has besides key and value, bytes. */
const AROUND_BYTES = 30;

export interface OutgoingBatch extends OutputPlace {
  records: NewRecord[];
  attributes: number;
}

export class Outputs {
  readonly #processor: string;
  readonly #comesFrom: string | null;
  readonly #shard: number;
  readonly #streams: Map<string, OutputStream>;
  #open = new Map<OutputPlace, OutgoingBatch & { bytes: number }>();
  #closed: OutgoingBatch[] = [];
  #bytes = 0;

  /** `shard`: of the task. `comesFrom`: the stream that its events are in, where the processor calls it otherwise. */
  constructor(processor: string, shard: number, streams: readonly OutputStream[], comesFrom: string | null = null) {
    this.#comesFrom = comesFrom;
    this.#processor = processor;
    this.#shard = shard;
    this.#streams = new Map(streams.map((stream) => [stream.name, stream]));
  }

  /** Of all that was not taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** One event of a step. False where it is for an output that was not declared: the realm has been tampered with. */
  add(outcome: Outcome, at: number): boolean {
    const stream = this.#streams.get(outcome.outputs[at]!);
    if (!stream || stream.name === BAD) return false;
    const timestamp = outcome.timestamps[at]!;
    const key = bytesOf(outcome.keys[at]!);
    const record: NewRecord = {
      key,
      value: bytesOf(outcome.texts[at]!),
      headers: headersOf(outcome.headers[at]!),
      timestamp: timestamp === timestamp ? BigInt(timestamp) : NO_TIMESTAMP,
    };
    const count = stream.shards.length;
    // Without a key they stay together, and always in the same place.
    this.#put(stream, key === null ? this.#shard % count : count === 1 ? 0 : shardForKey(key, count), record);
    return true;
  }

  /** An event goes to the bad stream as it was, in the shard of its number. */
  addBad({ key, value, headers, timestamp, stream: from, offset }: InputRecord, reasons: readonly string[]): void {
    const stream = this.#streams.get(BAD)!;
    const at = timestamp === timestamp ? BigInt(timestamp) : NO_TIMESTAMP;
    const said = badHeaders(headers, reasons, { processor: this.#processor, stream: this.#comesFrom ?? from, shard: this.#shard, offset });
    this.#put(stream, this.#shard % stream.shards.length, { key, value, headers: said, timestamp: at });
  }

  /** All of it, in batches. */
  take(): OutgoingBatch[] {
    const taken = [...this.#closed, ...this.#open.values()];
    this.#open = new Map();
    this.#closed = [];
    this.#bytes = 0;
    return taken;
  }

  #put({ shards, compression }: OutputStream, number: number, record: NewRecord): void {
    const place = shards[number]!;
    const bytes = recordBytesOf(record);
    let batch = this.#open.get(place);
    if (batch && batch.bytes + bytes > BATCH_TARGET_BYTES) {
      this.#closed.push(batch);
      batch = undefined;
    }
    if (!batch) {
      batch = { ...place, attributes: attributesOf(compression), records: [], bytes: 0 };
      this.#open.set(place, batch);
    }
    batch.records.push(record);
    batch.bytes += bytes;
    this.#bytes += bytes;
  }
}

export function encoded(
  { records, attributes }: OutgoingBatch,
  numbered: { producerId?: bigint; producerEpoch?: number; firstSequence?: number } = {},
): Uint8Array {
  return encodeBatch({ records, attributes, ...numbered });
}

function recordBytesOf({ key, value, headers }: NewRecord): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0) + AROUND_BYTES;
  for (const [name, content] of headers) bytes += name.length + (content?.length ?? 0) + AROUND_BYTES;
  return bytes;
}
