/** From what the user wishes to the plan of a replay: the streams that it reads and writes, and those that it makes. */
import { LabError } from '../api/errors.ts';
import type { ReplayWish } from '../api/replays.ts';
import { assertNotInternal } from '../streams/registry.ts';
import { BAD } from '../processors/bad.ts';
import { newProducerId } from '../processors/service.ts';
import type { ReplayParts } from './parts.ts';
import { eventsIn, type PlannedProcessor, rangesOf, type ReplayPlan } from './plan.ts';

export interface PlannedTarget {
  stream: string;
  isNew: boolean;
  shards: number;
}

export interface Planning {
  /** The processor that the events would go through; null for none. Throws `bad-input` for one that can not be gone through. */
  throughOf(wish: ReplayWish): Promise<PlannedProcessor | null>;
  /** The streams that would be written, the one that is named first. Throws `bad-stream-name` for a name that no stream can have. */
  targetsOf(wish: ReplayWish, through: PlannedProcessor | null): PlannedTarget[];
  /** Makes the streams that are not there. Throws `stream-exists` for one that is, unless it may be written into. */
  plan(wish: ReplayWish, intoExisting: boolean): Promise<ReplayPlan>;
  /** It did not begin, so it leaves nothing behind. */
  undo(plan: ReplayPlan): Promise<void>;
}

export function createPlanning({ registry, cluster, load, random }: ReplayParts): Planning {
  async function throughOf(wish: ReplayWish): Promise<PlannedProcessor | null> {
    if (wish.through === null) return null;
    const { name } = wish.through;
    const { source, shape } = await load(name, wish.through.source);
    if (shape.inputs.length !== 1) {
      const read = shape.inputs.map((input) => `“${input}”`).join(', ');
      throw new LabError(
        'bad-input',
        `“${name}” reads ${shape.inputs.length} streams (${read}); a replay sends one through. Choose a processor that reads one.`,
      );
    }
    if (shape.outputs.length === 0) throw new LabError('bad-input', `“${name}” has no output: nothing would come out of it.`);
    const [first, ...others] = shape.outputs;
    const into = wish.into.stream;
    const targets = [
      { output: first!, stream: into },
      ...others.map((output) => ({ output, stream: `${into}.${output}` })),
      { output: BAD, stream: BAD },
    ];
    return { ...{ name, source, shape, targets }, seed: Math.floor(random() * 2 ** 31), producerId: newProducerId(random) };
  }

  function targetOf(name: string, shards: number | null, source: string): PlannedTarget {
    assertNotInternal(name);
    const has = registry.has(name) ? registry.get(name).shards.length : null;
    if (has !== null) return { stream: name, isNew: false, shards: has };
    const problem = registry.problemOf(name);
    if (problem) throw new LabError('bad-stream-name', problem);
    return { stream: name, isNew: true, shards: shards ?? registry.get(source).shards.length };
  }

  function targetsOf({ into, stream }: ReplayWish, through: PlannedProcessor | null): PlannedTarget[] {
    const others = through?.targets.slice(1) ?? [];
    return [targetOf(into.stream, into.shards, stream), ...others.map((target) => targetOf(target.stream, into.shards, stream))];
  }

  return {
    throughOf,
    targetsOf,
    async plan(wish, intoExisting) {
      const source = registry.get(wish.stream);
      const places = registry.places(wish.stream, wish.shards);
      const ranges = await rangesOf(cluster, places, wish);
      const total = await eventsIn(cluster, places, ranges);
      const through = await throughOf(wish);
      const targets = targetsOf(wish, through);
      // Bad events are added to those of others, always.
      const existing = targets.find(({ isNew, stream }) => !isNew && (stream !== BAD || stream === wish.into.stream));
      if (existing && !intoExisting) {
        throw new LabError(
          'stream-exists',
          `There is already a stream “${existing.stream}”. Say that the events may go behind those that it has.`,
        );
      }
      const madeStreams: string[] = [];
      try {
        for (const { stream, shards, isNew } of targets) {
          if (!isNew) continue;
          await registry.create(stream, shards);
          madeStreams.push(stream);
        }
      } catch (error) {
        for (const stream of madeStreams) await registry.delete(stream);
        throw error;
      }
      const target = registry.get(wish.into.stream);
      const { through: _through, speed: _speed, shards: _shards, ...rest } = wish;
      return {
        wish: { ...rest, shards: wish.shards ?? null },
        source: { id: source.id, stream: source.name, shards: source.shards.length },
        ...{ ranges, total, target: { id: target.id, stream: target.name, shards: target.shards.length } },
        ...{ madeStreams, through, redrives: null },
      };
    },
    async undo({ madeStreams }) {
      for (const stream of madeStreams) await registry.delete(stream);
    },
  };
}
