/** One export under way: a range is read, turned into text, and written, each chunk when the one before it is. */
import { LabError, toLabError } from '../../../../main/api/errors.ts';
import type { Gap, RangeFrom, RangeUntil } from '../../../../main/api/events.ts';
import { createRecordWriter, type ExportFormat } from '../../../../main/api/exports.ts';
import type { LabClient } from '../../../../main/api/index.ts';
import type { ExportTarget } from './exportTarget.ts';

export interface ExportRequest {
  stream: string;
  format: ExportFormat;
  from: RangeFrom;
  until: RangeUntil;
  /** Null for all of them. */
  shards: readonly number[] | null;
}

export class ExportRun {
  state = $state<'running' | 'done' | 'failed' | 'stopped'>('running');
  events = $state(0);
  bytes = $state(0);
  /** Damaged batches that were passed over. */
  gaps = $state.raw<readonly Gap[]>([]);
  error = $state.raw<LabError | null>(null);
  readonly #client: Pick<LabClient, 'events'>;
  readonly #target: ExportTarget;
  readonly #stop = new AbortController();

  constructor(client: Pick<LabClient, 'events'>, target: ExportTarget) {
    this.#client = client;
    this.#target = target;
  }

  async run({ stream, format, from, until, shards }: ExportRequest): Promise<void> {
    const { signal } = this.#stop;
    const writer = createRecordWriter(format, stream);
    try {
      for await (const chunk of this.#client.events.read({ stream, from, until, ...(shards ? { shards: [...shards] } : {}) }, { signal })) {
        await this.#write(writer.write(chunk.records));
        this.events += chunk.records.length;
        if (chunk.gaps.length > 0) this.gaps = [...this.gaps, ...chunk.gaps];
      }
      signal.throwIfAborted();
      await this.#write(writer.end());
      signal.throwIfAborted();
      await this.#target.keep();
      this.state = 'done';
    } catch (thrown) {
      await this.#target.discard().catch(() => undefined); // the first error is the one to tell
      this.error = signal.aborted ? null : writeError(thrown);
      this.state = signal.aborted ? 'stopped' : 'failed';
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  async #write(text: string): Promise<void> {
    if (text === '') return;
    const bytes = new TextEncoder().encode(text);
    await this.#target.write(bytes);
    this.bytes += bytes.length;
  }
}

/** What a browser says of a file that can not be written, in words that say what to do. */
export function writeError(thrown: unknown): LabError {
  if (!(thrown instanceof DOMException) || thrown.name === 'AbortError') return toLabError(thrown);
  return thrown.name === 'QuotaExceededError'
    ? new LabError('disk-full', 'The file can not be written: there is no more room. Make room, or choose another place.', {
        cause: thrown,
      })
    : new LabError('internal', `The file can not be written: ${thrown.message} Choose another place.`, { cause: thrown });
}
