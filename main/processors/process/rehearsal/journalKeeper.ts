/** Keeps what a column does: in its journal, chunk by chunk. */
import type { RehearsedColumn, RehearsedReport } from '../../processorContract.ts';
import type { Chunk, Recorder } from '../../rehearsal/journal/recorder.ts';
import type { JournalWriter } from '../../rehearsal/journal/writer.ts';
import type { Keeper } from './columnRun.ts';

/** A chunk of a journal is written when it has so many positions, or about so many bytes, or so much time has passed, milliseconds. */
const CHUNK_POSITIONS = 1_024;
const CHUNK_BYTES = 1024 * 1024;
const CHUNK_MS = 100;
export class JournalKeeper implements Keeper {
  readonly #writer: JournalWriter;
  readonly #bytesMax: number;
  readonly #carefulFrom: number;
  #writtenAt = performance.now();
  #reach = 0;
  #emittedAt = 0;
  #failedAt = 0;
  isFull = false;

  constructor(writer: JournalWriter, { bytesMax, carefulFrom }: Pick<RehearsedColumn, 'bytesMax' | 'carefulFrom'>) {
    this.#writer = writer;
    this.#bytesMax = bytesMax;
    this.#carefulFrom = carefulFrom;
  }

  isDue(recorder: Recorder): boolean {
    const { count, bytes } = recorder;
    if (count >= CHUNK_POSITIONS || bytes >= CHUNK_BYTES || this.#reach + count >= this.#carefulFrom) return true;
    return performance.now() - this.#writtenAt > CHUNK_MS;
  }

  keep(chunk: Chunk): boolean {
    this.#writer.write(chunk);
    this.#writtenAt = performance.now();
    this.#reach = chunk.first + chunk.count - 1;
    this.#emittedAt += bitsIn(chunk.emitted);
    this.#failedAt += bitsIn(chunk.failed);
    this.isFull = this.#writer.bytes >= this.#bytesMax;
    return !this.isFull;
  }

  report(): RehearsedReport {
    return {
      ...{ reach: this.#reach, emittedAt: this.#emittedAt, failedAt: this.#failedAt },
      ...{ bytes: this.#writer.bytes, memoryBytes: process.memoryUsage.rss() },
    };
  }
}

function bitsIn(bytes: Uint8Array): number {
  let count = 0;
  for (let byte of bytes) for (; byte; byte &= byte - 1) count++;
  return count;
}
