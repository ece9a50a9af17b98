/**
 * Whether a column does the same when it is run again: a second run, in a fresh process, over the same tape, compared with the journal of the first
 * step by step. Its module is made anew now and then, as a restart does it to a live processor: what it remembers outside its stores is gone then.
 */
import type { CheckReport } from '../../processorContract.ts';
import { type ChunkSteps, KINDS, type ReadChunk } from '../../rehearsal/journal/format.ts';
import { JournalReader, sumsOf } from '../../rehearsal/journal/reader.ts';
import type { Chunk, Recorder } from '../../rehearsal/journal/recorder.ts';
import type { Keeper } from './columnRun.ts';

/** Behind each power of two: often where it costs little, and some twenty times in ten million positions. */
export function isRenewedAt(position: number): boolean {
  return position > 0 && (position & (position - 1)) === 0;
}

/** Longest sentence about what differs, characters. */
const TOLD_MAX = 400;

export class CheckKeeper implements Keeper {
  readonly #journal: JournalReader;
  readonly #upTo: number;
  #same = 0;
  #differs: CheckReport['differs'] = null;
  #wanted = 0;

  constructor(journal: string, upTo: number) {
    this.#journal = new JournalReader(journal);
    this.#upTo = upTo;
  }

  report(): CheckReport {
    return { upTo: this.#same, differs: this.#differs };
  }

  /** Chunks are those of the journal. */
  isDue({ count }: Recorder): boolean {
    if (this.#wanted === 0) {
      const chunk = this.#journal.chunkOf(this.#same + 1);
      this.#wanted = Math.min(chunk?.count ?? this.#upTo, this.#upTo - this.#same);
    }
    return count >= this.#wanted;
  }

  keep(chunk: Chunk): boolean {
    this.#wanted = 0;
    const known = this.#journal.chunkOf(chunk.first);
    this.#differs = known ? this.#firstDifference(known, chunk) : null;
    this.#same = this.#differs ? this.#differs.position - 1 : chunk.first + chunk.count - 1;
    return this.#differs === null;
  }

  close(): void {
    this.#journal.close();
  }

  #firstDifference(known: ReadChunk, again: Chunk): CheckReport['differs'] {
    const emittedBefore = sumsOf(again.steps.emitted);
    const changedBefore = sumsOf(again.steps.changed);
    const fresh: ReadChunk = { ...again, afters: again.changes.map(({ after }) => after), emittedBefore, changedBefore };
    for (let index = 0; index < again.count; index++) {
      const what = differenceAt(known, fresh, index);
      if (what) return { position: again.first + index, what: what.length > TOLD_MAX ? `${what.slice(0, TOLD_MAX)}…` : what };
    }
    return null;
  }
}

/** A sentence; null where all is the same. */
function differenceAt(known: ReadChunk, again: ReadChunk, index: number): string | null {
  const [from, until] = stepRange(again.steps, index);
  const [knownFrom, knownUntil] = stepRange(known.steps, index);
  if (until - from !== knownUntil - knownFrom)
    return `It did something in ${until - from} steps; the first time in ${knownUntil - knownFrom}.`;
  for (let at = 0; at < until - from; at++) {
    const [step, knownStep] = [from + at, knownFrom + at];
    const kind = KINDS[again.steps.kinds[step]!]!;
    const emitted = emissionsOf(again, step);
    const first = emissionsOf(known, knownStep);
    if (emitted !== first) return `In the step of the ${kind} it emitted ${emitted || 'nothing'}; the first time ${first || 'nothing'}.`;
    for (const what of ['reasons', 'failures', 'logs'] as const) {
      const [one, other] = [rareOf(again.steps[what], step), rareOf(known.steps[what], knownStep)];
      if (one !== other) return `In the step of the ${kind} it came to ${one ?? 'no'} (${what}); the first time to ${other ?? 'none'}.`;
    }
    const [set, knownSet] = [changesOf(again, step), changesOf(known, knownStep)];
    if (set !== knownSet)
      return `In the step of the ${kind} it set ${set || 'nothing'} in its stores; the first time ${knownSet || 'nothing'}.`;
  }
  return null;
}

function stepRange({ ends }: ChunkSteps, index: number): [from: number, until: number] {
  return [index === 0 ? 0 : ends[index - 1]!, ends[index]!];
}

function emissionsOf({ emissions, emittedBefore }: ReadChunk, step: number): string {
  const all: string[] = [];
  for (let at = emittedBefore[step]!; at < emittedBefore[step + 1]!; at++) {
    const { outputs, keys, texts, timestamps, headers } = emissions;
    all.push(`${outputs[at]} ${JSON.stringify(keys[at])} ${texts[at]} at ${timestamps[at]} ${headers[at] ?? ''}`.trim());
  }
  return all.join('; ');
}

function changesOf({ steps, afters, changedBefore }: ReadChunk, step: number): string {
  const all: string[] = [];
  for (let at = changedBefore[step]!; at < changedBefore[step + 1]!; at++)
    all.push(`“${steps.changedKeys[at]}” (store ${steps.changedStores[at]! + 1}) to ${afters[at] ?? 'nothing'}`);
  return all.join(', ');
}

function rareOf(list: readonly [step: number, what: unknown][], step: number): string | null {
  const found = list.find(([at]) => at === step);
  return found ? JSON.stringify(found[1]) : null;
}
