/** What a rehearsal reads, fixed as it is made: of each shard from which offset up to which. */
import { LabError } from '../../api/errors.ts';
import { REHEARSAL_SHARDS_MAX, type RehearsalRange } from '../../api/rehearsals.ts';
import type { SelectionOptions } from '../../replay/passing.ts';
import type { Cluster, ShardPlace } from '../../cluster/cluster.ts';
import type { StreamRegistry } from '../../streams/registry.ts';
import type { RecordedPlace } from './recorded.ts';

/** Throws `no-such-stream`, `no-such-shard`, `broker-down`; `offset-out-of-range` for one that is not held any more. */
export async function inputsOf(registry: StreamRegistry, cluster: Cluster, ranges: readonly RehearsalRange[]): Promise<RecordedPlace[]> {
  const twice = ranges.find(({ stream }, at) => ranges.findIndex((each) => each.stream === stream) !== at);
  if (twice) throw new LabError('bad-input', `“${twice.stream}” is there twice: give one range of it.`);
  const all = ranges.map((range) => ({ range, places: registry.places(range.stream, range.shards) }));
  const places = all.flatMap((each) => each.places);
  if (places.length > REHEARSAL_SHARDS_MAX)
    throw new LabError('too-many', `A rehearsal has at most ${REHEARSAL_SHARDS_MAX} shards (REHEARSAL_SHARDS_MAX), not ${places.length}.`);
  // Of all together, so that they are those of one moment.
  const bounds = await cluster.bounds(places);
  const held = new Map(places.map((place, index) => [place, bounds[index]!]));
  const inputs: RecordedPlace[] = [];
  for (const { range, places: own } of all) {
    const froms = await offsetsOf(cluster, own, range.from);
    // By time it is not known where the last one is that comes before.
    const untils = range.until.at === 'time' ? [] : await offsetsOf(cluster, own, range.until);
    const chosen = chosenOf(range);
    for (const [index, place] of own.entries()) {
      const { startOffset, endOffset } = held.get(place)!;
      const from = froms[index] === 'none' ? endOffset : (froms[index] ?? startOffset);
      const until = untils[index] === 'none' ? endOffset : (untils[index] ?? endOffset);
      if (from < startOffset && range.from.at === 'offsets')
        throw new LabError(
          'offset-out-of-range',
          `Shard ${place.number} of ${range.stream} begins at offset ${startOffset}, not at ${from}.`,
        );
      const end = until < endOffset ? until : endOffset;
      const { number: shard, brokerId, shardId } = place;
      const begin = from < startOffset ? startOffset : from;
      const input = { stream: range.stream, shard, brokerId, shardId, from: begin, until: end > begin ? end : begin };
      inputs.push(chosen ? { ...input, chosen } : input);
    }
  }
  return inputs;
}

/** What of the offsets is meant; null where all is. */
function chosenOf({ from, until, keys }: RehearsalRange): SelectionOptions | null {
  if (from.at !== 'time' && until.at !== 'time' && !keys) return null;
  return {
    from: from.at === 'time' ? from : { at: 'beginning' },
    until: until.at === 'time' ? until : { at: 'now' },
    keys: keys ?? null,
  };
}

/** Null where nothing is said of a shard; `none` where no event is so late. */
async function offsetsOf(
  cluster: Cluster,
  places: readonly ShardPlace[],
  at: RehearsalRange['from'] | RehearsalRange['until'],
): Promise<(bigint | 'none' | null)[]> {
  if (at.at === 'time') return (await cluster.offsetsForTime([...places], at.time)).map((found) => found?.offset ?? 'none');
  if (at.at === 'offset') return places.map(() => at.offset);
  if (at.at !== 'offsets') return places.map(() => null);
  const unknown = at.offsets.find(({ shard }) => !places.some(({ number }) => number === shard));
  if (unknown) throw new LabError('no-such-shard', `There is no shard ${unknown.shard} in this range.`);
  return places.map(({ number }) => at.offsets.find(({ shard }) => shard === number)?.offset ?? null);
}
