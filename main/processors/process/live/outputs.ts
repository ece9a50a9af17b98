/** What a task has emitted and not yet committed: records by output and shard, and from them batches. */
import { LabError, toLabError } from '../../../api/errors.ts';
import type { Codec } from '../../../api/streams.ts';
import { NO_TIMESTAMP } from '../../../api/time.ts';
import { attributesOf, BatchWriter, type Content, type NewHeaders, NO_HEADERS } from '../../../log/index.ts';
import type { Outcome } from '../../realm/outcome.ts';
import { BAD, badHeaders } from '../../bad.ts';
import type { LiveTask } from '../../processorContract.ts';
import { shardOf } from '../outputShard.ts';
import { headersOf, type InputRecord } from '../shardRun.ts';

export interface OutputPlace {
  brokerId: number;
  shardId: number;
}

export interface OutputStream {
  /** As the processor names it. */
  name: string;
  compression: Codec;
  /** Of its record batches the largest, bytes. */
  batchBytesMax: number;
  /** By number. */
  shards: OutputPlace[];
}

/** A batch is closed when its records have so many bytes, or one more might make it larger than the stream's batches may be. */
const BATCH_TARGET_BYTES = 1024 * 1024;

export interface OutgoingBatch extends OutputPlace {
  batch: BatchWriter;
}

interface OpenOutput extends OutputStream {
  /** The batch of each shard that is not closed. */
  open: (BatchWriter | null)[];
}

export class Outputs {
  readonly #processor: string;
  readonly #shard: number;
  /** What its inputs are called by others. */
  readonly #calledHere: ReadonlyMap<string, string>;
  readonly #streams: Map<string, OpenOutput>;
  #closed: OutgoingBatch[] = [];
  #bytes = 0;

  constructor(processor: string, { shard, inputs }: Pick<LiveTask, 'shard' | 'inputs'>, streams: readonly OutputStream[]) {
    this.#processor = processor;
    this.#shard = shard;
    this.#calledHere = new Map(inputs.map(({ stream, calledHere }) => [stream, calledHere]));
    this.#streams = new Map(streams.map((stream) => [stream.name, { ...stream, open: stream.shards.map(() => null) }]));
  }

  /** Of all that was not taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** One event of a step. False where it is for an output that was not declared: the realm has been tampered with. */
  add(outcome: Outcome, at: number): boolean {
    const stream = this.#streams.get(outcome.outputs[at]!);
    if (!stream || stream.name === BAD) return false;
    const key = outcome.keys[at]!;
    const headers = outcome.headers[at]!;
    const count = stream.shards.length;
    // Its bytes are made only where they decide.
    const shard = shardOf(key === null || count === 1 ? null : Buffer.from(key), this.#shard, count);
    this.#put(stream, shard, key, outcome.texts[at]!, headers === null ? NO_HEADERS : headersOf(headers), outcome.timestamps[at]!);
    return true;
  }

  /** An event goes to the bad stream as it was, in the shard of its number. */
  addBad({ key, value, headers, timestamp, stream: from, offset }: InputRecord, reasons: readonly string[]): void {
    const stream = this.#streams.get(BAD)!;
    const said = badHeaders(headers, reasons, {
      processor: this.#processor,
      stream: this.#calledHere.get(from)!,
      shard: this.#shard,
      offset,
    });
    this.#put(stream, this.#shard % stream.shards.length, key, value, said, timestamp);
  }

  /** All of it, in batches. */
  take(): OutgoingBatch[] {
    for (const stream of this.#streams.values()) for (let number = 0; number < stream.open.length; number++) this.#close(stream, number);
    const taken = this.#closed;
    this.#closed = [];
    this.#bytes = 0;
    return taken;
  }

  /** `timestamp`: milliseconds, NaN for none. Throws `batch-too-large` for an event that does not fit alone. */
  #put(stream: OpenOutput, number: number, key: Content, value: Content, headers: NewHeaders, timestamp: number): void {
    const { batchBytesMax, open } = stream;
    if (open[number]?.hasRoomFor(key, value, headers) === false) this.#close(stream, number);
    const batch = (open[number] ??= new BatchWriter(attributesOf(stream.compression), batchBytesMax));
    this.#bytes += batch.add(key, value, headers, timestamp === timestamp ? BigInt(timestamp) : NO_TIMESTAMP);
    if (batch.bytes > batchBytesMax) assertCompressible(stream, batch);
    if (batch.bytes >= BATCH_TARGET_BYTES) this.#close(stream, number);
  }

  #close({ shards, open }: OpenOutput, number: number): void {
    const batch = open[number];
    if (batch) this.#closed.push({ ...shards[number]!, batch });
    open[number] = null;
  }
}

/** Of one event, which is larger than a batch may be: whether it fits compressed, now, so that it is known which event does not. */
function assertCompressible({ name }: OutputStream, batch: BatchWriter): void {
  try {
    batch.finish();
  } catch (error) {
    const { code, message } = toLabError(error);
    throw new LabError(code, `An event for “${name}” does not fit. ${message}`, { cause: error });
  }
}
