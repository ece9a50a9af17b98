/**
 * The cut of an export: where all shards end and where processors stand, as of one moment.
 *
 * Producers go on meanwhile; each shard is read up to its end at that moment, so what they append later is not in the file. A processor's output,
 * state and position are one commit, but of one broker; what is for others comes a moment later, and where an input or an output lies on another
 * broker than the state, their ends must be those of one moment across brokers, too. So for that moment all processors stand still, with everything
 * committed and nothing on its way (processors/outgoing.ts). Whatever the ends of shards are then, they lie between two commits of each task, and
 * the position of a task, which is asked for apart, is the one that belongs to them. To be sure of it, the ends of the states are asked for
 * before and after: had any task committed in between, a state would have grown, and all of it is done again.
 *
 * States are trimmed behind their sums (processors/process/live/stateSum.ts). From before the cut until they are in the file, brokers keep them as they are.
 */
import { LabError } from '../../api/errors.ts';
import type { Cluster, ShardPlace } from '../../cluster/cluster.ts';
import type { ShardState } from '../../log/index.ts';
import type { OutgoingProcessor, Outgoing, Standstill } from '../../processors/outgoing.ts';
import { streamOf } from '../../processors/wiring.ts';
import { isInternal, type StreamRegistry } from '../../streams/registry.ts';
import { isLost, type StreamPlaces } from '../../streams/streamPlaces.ts';

/** How often it is tried where processors do not stand still. */
const TRIES_MAX = 5;

/** A shard as of the cut. */
export interface CutShard {
  place: ShardPlace;
  startOffset: bigint;
  endOffset: bigint;
  /** A moment later; undefined where it is deleted by then. */
  state: ShardState | undefined;
}

export interface CutLog {
  stream: StreamPlaces;
  shards: CutShard[];
}

export interface CutProcessor extends OutgoingProcessor {
  /** By input the offset of each shard that is read next; null where it has read nothing of it yet. */
  positions: Record<string, (bigint | null)[]>;
  /** Null where there is none, or it can not go along. */
  cutState: CutLog | null;
}

export interface Cut {
  streams: CutLog[];
  processors: CutProcessor[];
  /** Of whole streams: lost ones. */
  leftOut: { stream: string; reason: string }[];
  /** States are in the file by now. */
  keepNoMore(): void;
}

export interface CutParts {
  registry: StreamRegistry;
  cluster: Cluster;
  processors: { outgoing: Outgoing };
}

export async function takeCut(parts: CutParts): Promise<Cut> {
  const standstill = await parts.processors.outgoing.standStill();
  try {
    for (let tries = 1; ; tries++) {
      const cut = await tryCut(parts, standstill);
      if (cut) return cut;
      if (tries === TRIES_MAX)
        throw new LabError('broker-down', 'The processors did not come to a stand for the export. Try again in a moment.', {
          retriable: true,
        });
    }
  } finally {
    standstill.goOn();
  }
}

/** Null where a task has committed something meanwhile. */
async function tryCut({ registry, cluster }: CutParts, standstill: Standstill): Promise<Cut | null> {
  const all = registry.all().filter(({ name }) => !isInternal(name));
  const streams = all.filter((stream) => !isLost(stream));
  const states = new Map(standstill.processors.flatMap((each) => (each.problem === null && each.state ? [[each.name, each.state]] : [])));
  const statePlaces = [...states.values()].flatMap(({ shards }) => shards);
  const keepNoMore = await cluster.keep(statePlaces);
  try {
    const bounds = await cutOf(cluster, [...streams, ...states.values()]);
    const inputs = new Map(streams.map((stream) => [stream.name, stream.shards.flatMap((place) => bounds.get(place) ?? [])]));
    const positions = await Promise.all(standstill.processors.map((each) => positionsOf(each, standstill, inputs)));
    if (statePlaces.length > 0) {
      const now = await cluster.currentStates(statePlaces);
      if (statePlaces.some((place, index) => now[index]?.nextOffset !== bounds.get(place)!.endOffset)) {
        keepNoMore();
        return null;
      }
    }
    // A stream that gets more shards meanwhile has those that it had.
    const logOf = (stream: StreamPlaces): CutLog => ({ stream, shards: stream.shards.flatMap((place) => bounds.get(place) ?? []) });
    return {
      streams: streams.map(logOf),
      processors: standstill.processors.map((each, index) => {
        const state = states.get(each.name);
        return { ...each, positions: positions[index]!, cutState: state ? logOf(state) : null };
      }),
      leftOut: all.filter(isLost).map(({ name, problem }) => ({ stream: name, reason: problem })),
      keepNoMore,
    };
  } catch (error) {
    keepNoMore();
    throw error;
  }
}

async function cutOf(cluster: Cluster, streams: readonly StreamPlaces[]): Promise<Map<ShardPlace, CutShard>> {
  const places = streams.flatMap(({ shards }) => shards);
  if (places.length === 0) return new Map();
  const bounds = await cluster.bounds(places);
  const states = await cluster.currentStates(places);
  return new Map(places.map((place, index) => [place, { place, ...bounds[index]!, state: states[index] }]));
}

async function positionsOf(
  processor: OutgoingProcessor,
  standstill: Standstill,
  streams: ReadonlyMap<string, readonly CutShard[]>,
): Promise<CutProcessor['positions']> {
  const { record, versions } = processor;
  const found = await standstill.positions(processor);
  const positions: CutProcessor['positions'] = {};
  // Older versions may have read others, and a later one may go on with them.
  for (const name of new Set(versions.flatMap(({ inputs }) => inputs))) {
    positions[name] = (streams.get(streamOf(name, record!.streams)) ?? []).map(({ place, endOffset }) => {
      const known = found.find((each) => each.stream === name && each.shard === place.number);
      if (!known) return null;
      // Not beyond the cut: that it stands still there is seen to, and that a file never says otherwise is seen to here.
      return known.offset < endOffset ? known.offset : endOffset;
    });
  }
  return positions;
}
