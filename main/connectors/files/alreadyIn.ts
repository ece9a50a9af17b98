/** The events of an import behind its mark that are in the log all the same: their acknowledgements never came. */
import type { Cluster } from '../../cluster/cluster.ts';
import { SEQUENCES } from '../../produce/append.ts';
import type { StreamPlaces } from '../../streams/streamPlaces.ts';
import type { Standing } from './standing.ts';

/** Numbers of events in a shard, the last one not included. */
interface Stretch {
  from: number;
  until: number;
}

export class AlreadyIn {
  readonly #shards: Stretch[][];

  /** Of each shard the stretches, in any order. */
  constructor(shards: readonly Stretch[][]) {
    this.#shards = shards.map((stretches) => [...stretches].sort((a, b) => a.from - b.from));
  }

  /** Asked for each event of a shard in its turn. */
  has(shard: number, sequence: number): boolean {
    const stretches = this.#shards[shard];
    if (!stretches) return false;
    while (stretches.length > 0 && stretches[0]!.until <= sequence) stretches.shift();
    return stretches.length > 0 && stretches[0]!.from <= sequence;
  }

  /** Whether no event of the shard from this one on is in the log. */
  isPast(shard: number, sequence: number): boolean {
    return (this.#shards[shard]?.at(-1)?.until ?? 0) <= sequence;
  }
}

/** Reads the headers of what was appended since the mark. Throws what {@link Cluster} throws, and the signal's reason. */
export async function findAlreadyIn(
  cluster: Cluster,
  { shards }: StreamPlaces,
  standing: Standing,
  signal: AbortSignal,
): Promise<AlreadyIn> {
  const { mark, producerId } = standing;
  const found: Stretch[][] = [];
  for (const [number, place] of shards.entries()) {
    const own: Stretch[] = [];
    const first = mark.sequences[number] ?? 0;
    const begin = mark.offsets[number] ?? 0n;
    let isTrimmed = false;
    for (let from: bigint | null = begin; from !== null;) {
      signal.throwIfAborted();
      const slice = await cluster.producedBy(place, from, producerId);
      isTrimmed ||= slice.startOffset > begin;
      for (const { firstSequence, recordCount } of slice.batches) {
        const from = first + distance(first % SEQUENCES, firstSequence);
        own.push({ from, until: from + recordCount });
      }
      from = slice.next;
    }
    // What retention has trimmed since was in the log: before the first that is left, nothing is missing.
    if (isTrimmed && own.length > 0) own.push({ from: first, until: Math.min(...own.map((each) => each.from)) });
    found.push(own);
  }
  return new AlreadyIn(found);
}

/** From one sequence number to another. They wrap around: the shorter way is meant, and a batch may begin before the mark. */
function distance(from: number, to: number): number {
  const ahead = (to - from + SEQUENCES) % SEQUENCES;
  return ahead < SEQUENCES / 2 ? ahead : ahead - SEQUENCES;
}
