/** From what the user wishes to the plan of a replay: the streams that it reads and writes, and those that it makes. */
import { LabError } from '../api/errors.ts';
import type { ReplayWish } from '../api/replays.ts';
import { assertNotInternal } from '../streams/registry.ts';
import type { StreamPlaces } from '../streams/streamPlaces.ts';
import type { ReplayParts } from './parts.ts';
import { eventsIn, rangesOf, type ReplayPlan } from './plan.ts';

export interface PlannedTarget {
  stream: string;
  isNew: boolean;
  shards: number;
}

export interface Planning {
  /** The streams that would be written, the one that is named first. Throws `bad-stream-name` for a name that no stream can have. */
  targetsOf(wish: ReplayWish): PlannedTarget[];
  /** Makes the streams that are not there. Throws `stream-exists` for one that is, unless it may be written into. */
  plan(wish: ReplayWish, intoExisting: boolean): Promise<ReplayPlan>;
  /** It did not begin, so it leaves nothing behind. */
  undo(plan: ReplayPlan): Promise<void>;
}

export function createPlanning({ registry, cluster }: ReplayParts): Planning {
  function targetsOf(wish: ReplayWish): PlannedTarget[] {
    const { stream: name, shards } = wish.into;
    assertNotInternal(name);
    const has = registry.has(name) ? registry.get(name).shards.length : null;
    if (has !== null) return [{ stream: name, isNew: false, shards: has }];
    const problem = registry.problemOf(name);
    if (problem) throw new LabError('bad-stream-name', problem);
    return [{ stream: name, isNew: true, shards: shards ?? registry.get(wish.stream).shards.length }];
  }

  async function made(wish: ReplayWish, targets: readonly PlannedTarget[]): Promise<StreamPlaces> {
    const [first] = targets;
    return first!.isNew ? registry.create(first!.stream, first!.shards) : registry.get(wish.into.stream);
  }

  return {
    targetsOf,
    async plan(wish, intoExisting) {
      const source = registry.get(wish.stream);
      const places = registry.places(wish.stream, wish.shards);
      const ranges = await rangesOf(cluster, places, wish);
      const total = await eventsIn(cluster, places, ranges);
      const targets = targetsOf(wish);
      const existing = targets.find(({ isNew }) => !isNew);
      if (existing && !intoExisting) {
        throw new LabError(
          'stream-exists',
          `There is already a stream “${existing.stream}”. Say that the events may go behind those that it has.`,
        );
      }
      const target = await made(wish, targets);
      const { through: _through, speed: _speed, shards: _shards, ...rest } = wish;
      return {
        wish: { ...rest, shards: wish.shards ?? null },
        source: { id: source.id, stream: source.name, shards: source.shards.length },
        ...{ ranges, total, target: { id: target.id, stream: target.name, shards: target.shards.length } },
        ...{ madeStream: targets[0]!.isNew, through: null, redrives: null },
      };
    },
    async undo({ madeStream, target }) {
      if (madeStream) await registry.delete(target.stream);
    },
  };
}
