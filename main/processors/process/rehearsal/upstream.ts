/** What a column takes from the one that it follows: the emissions of each position, as the records that its streams would have got. */
import { type InputRecord, bytesOf, headersOf } from '../shardRun.ts';
import { shardOf } from '../outputShard.ts';
import { EVENT } from '../../rehearsal/journal/format.ts';
import { JournalReader, stepsOf } from '../../rehearsal/journal/reader.ts';

export interface Passed {
  shard: number;
  record: InputRecord;
  /** When it was emitted, by the wall clock. */
  at: number;
  /** Whether time had it emitted, before the event of the position came. */
  isBeforeEvent: boolean;
}

export class Upstream {
  readonly #journal: JournalReader;
  readonly #shards: ReadonlyMap<string, number>;
  /** Of each shard of each stream the offset of the next record. */
  readonly #next = new Map<string, number>();

  /** `streams`: those that are read of it. */
  constructor(journal: string, streams: readonly { stream: string; shards: number }[]) {
    this.#journal = new JournalReader(journal);
    this.#shards = new Map(streams.map(({ stream, shards }) => [stream, shards]));
  }

  /** Each position is to be asked for once, in order. */
  passedAt(position: number): Passed[] {
    const chunk = this.#journal.chunkOf(position);
    if (!chunk) throw new Error(`Position ${position} of the column before is not there.`);
    const { steps, emissions, emittedBefore } = chunk;
    const passed: Passed[] = [];
    const [from, until] = stepsOf(chunk, position);
    let isBeforeEvent = true;
    for (let step = from; step < until; step++) {
      if (steps.kinds[step] === EVENT) isBeforeEvent = false;
      for (let at = emittedBefore[step]!; at < emittedBefore[step + 1]!; at++) {
        const stream = emissions.outputs[at]!;
        const shards = this.#shards.get(stream);
        if (shards === undefined) continue;
        const key = bytesOf(emissions.keys[at]!);
        const shard = shardOf(key, emissions.shards[at]!, shards);
        const place = `${shard} ${stream}`;
        const offset = this.#next.get(place) ?? 0;
        this.#next.set(place, offset + 1);
        passed.push({
          ...{ shard, at: steps.nows[step]!, isBeforeEvent },
          record: {
            ...{ stream, offset: String(offset), timestamp: emissions.timestamps[at] ?? Number.NaN },
            ...{ key, value: bytesOf(emissions.texts[at]!), headers: headersOf(emissions.headers[at]!) },
          },
        });
      }
    }
    return passed;
  }

  close(): void {
    this.#journal.close();
  }
}
