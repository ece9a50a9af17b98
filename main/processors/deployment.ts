/** Where a processor's tasks work: its streams, made where they are missing, and what its process is told of them. */
import { LabError } from '../api/errors.ts';
import type { ProcessorShape, ProcessorStart } from '../api/processors.ts';
import { NO_TIMESTAMP } from '../api/time.ts';
import { streamNameProblem } from '../api/values.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { encodeBatch, positionRecord, POSITIONS_STREAM, STATE_STREAM_PREFIX } from '../log/index.ts';
import { isInternal, type StreamRegistry } from '../streams/registry.ts';
import type { StreamPlaces } from '../streams/streamPlaces.ts';
import type { ProcessorRecord } from '../workspace/processorRecords.ts';
import { BAD } from './bad.ts';
import type { LiveBoot, LiveTask } from './processorContract.ts';

export interface Deployments {
  /** Throws `no-such-stream` for an input that is not there, `bad-input` for a name that no stream can have. */
  check(shape: ProcessorShape): void;
  /** By stream the offset of each shard at which to begin. */
  startsOf(shape: ProcessorShape, start: ProcessorStart): Promise<Record<string, string[]>>;
  /** Makes what is missing. Throws `no-such-stream`, `broker-down`. */
  prepare(record: ProcessorRecord, shape: ProcessorShape, source: string): Promise<Omit<LiveBoot, 'eventsAtOnce'>>;
  /** What changes where the streams of a processor, or their shards, do. */
  signature(shape: ProcessorShape): string;
  /** Whether some of its inputs or outputs lie on other brokers than the state of the task. */
  crossesBrokers(shape: ProcessorShape): boolean;
  /** Its state is gone; positions that were written with it do not count any more. */
  forget(name: string): Promise<void>;
  /** They are gone, too. */
  forgetPositions(name: string): Promise<void>;
}

export function stateStreamOf(name: string): string {
  return `${STATE_STREAM_PREFIX}${name}`;
}

/** `geoFile`: path of the geo database, as of now. */
export function createDeployments(registry: StreamRegistry, cluster: Cluster, geoFile: () => string): Deployments {
  function input(name: string): StreamPlaces {
    if (!registry.has(name))
      throw new LabError('no-such-stream', `It reads the stream “${name}”, which is not there. Create it, or change inputs.`);
    return registry.get(name);
  }

  const tasksOf = (shape: ProcessorShape): number => Math.max(...shape.inputs.map((name) => input(name).shards.length));

  /** A task's state lies where the events lie that it reads. */
  function homes(shape: ProcessorShape): number[] {
    const inputs = shape.inputs.map(input);
    return Array.from({ length: tasksOf(shape) }, (_, number) => inputs.find(({ shards }) => shards[number])!.shards[number]!.brokerId);
  }

  async function outputOf(name: string, shards: number): Promise<StreamPlaces> {
    return registry.has(name) ? registry.get(name) : registry.create(name, shards);
  }

  async function stateOf(name: string, shape: ProcessorShape): Promise<StreamPlaces> {
    const stream = stateStreamOf(name);
    const wanted = homes(shape);
    if (!registry.has(stream)) return registry.createInternal(stream, wanted);
    const found = registry.get(stream);
    return found.shards.length < wanted.length ? registry.growInternal(stream, wanted.slice(found.shards.length)) : found;
  }

  let preparing: Promise<unknown> = Promise.resolve();

  async function prepareAll(record: ProcessorRecord, shape: ProcessorShape, source: string): Promise<Omit<LiveBoot, 'eventsAtOnce'>> {
    const inputs = shape.inputs.map(input);
    const tasks = tasksOf(shape);
    const outputs = [];
    for (const name of [...shape.outputs, BAD]) {
      const { shards, settings } = await outputOf(name, tasks);
      outputs.push({ name, compression: settings.compression, shards: shards.map(({ brokerId, shardId }) => ({ brokerId, shardId })) });
    }
    const state = await stateOf(record.name, shape);
    const positions = await registry.positionsOn([...new Set(state.shards.map(({ brokerId }) => brokerId))]);
    const used = new Set(
      [...state.shards, ...inputs.flatMap(({ shards }) => shards), ...outputs.flatMap(({ shards }) => shards)].map(
        (place) => place.brokerId,
      ),
    );
    return {
      source,
      fileName: `${record.name}.ts`,
      seed: record.seed,
      geoFile: geoFile(),
      reader: record.name,
      guarantee: record.guarantee,
      brokers: await Promise.all([...used].map(async (id) => ({ id, ...(await cluster.access(id)) }))),
      outputs,
      tasks: state.shards.slice(0, tasks).map((place): LiveTask => ({
        shard: place.number,
        homeId: place.brokerId,
        stateShardId: place.shardId,
        positionsShardId: positions.get(place.brokerId)!.shardId,
        validWith: state.id,
        producerId: BigInt(record.producerId) + BigInt(place.number),
        inputs: inputs.flatMap(({ name, shards }) => {
          const shard = shards[place.number];
          if (!shard) return [];
          return {
            stream: name,
            brokerId: shard.brokerId,
            shardId: shard.shardId,
            start: BigInt(record.starts[name]?.[place.number] ?? 0),
          };
        }),
      })),
    };
  }

  return {
    check(shape) {
      for (const name of shape.inputs) input(name);
      for (const name of shape.outputs) {
        const problem = streamNameProblem(name) ?? (isInternal(name) ? `“${name}” is a stream of the lab’s own.` : null);
        if (problem) throw new LabError('bad-input', `It writes to “${name}”: ${problem}`);
        if (shape.inputs.includes(name)) throw new LabError('bad-input', `It reads and writes “${name}”: it would never come to an end.`);
      }
      if (shape.inputs.includes(BAD))
        throw new LabError('bad-input', `It reads “${BAD}”, where its own bad events go: it would never come to an end.`);
    },
    async startsOf(shape, start) {
      const starts: Record<string, string[]> = {};
      for (const { name, shards } of shape.inputs.map(input)) {
        const bounds = await cluster.bounds(shards);
        const times = start.at === 'time' ? await cluster.offsetsForTime(shards, start.time) : [];
        starts[name] = bounds.map(({ startOffset, endOffset }, index) => {
          if (start.at === 'beginning') return String(startOffset);
          return String(start.at === 'latest' ? endOffset : (times[index]?.offset ?? endOffset));
        });
      }
      return starts;
    },
    prepare(record, shape, source) {
      // One after the other: two could make the same stream.
      const prepared = preparing.then(() => prepareAll(record, shape, source));
      preparing = prepared.catch(() => {});
      return prepared;
    },
    signature: (shape) =>
      JSON.stringify([...shape.inputs, ...shape.outputs, BAD].map((name) => (registry.has(name) ? registry.get(name).shards : null))),
    crossesBrokers(shape) {
      if (!shape.inputs.every((name) => registry.has(name))) return false;
      const inputs = shape.inputs.map(input);
      const outputs = [...shape.outputs, BAD].filter((name) => registry.has(name)).map((name) => registry.get(name));
      return homes(shape).some((home, number) =>
        [...inputs.flatMap(({ shards }) => shards[number] ?? []), ...outputs.flatMap(({ shards }) => shards)].some(
          ({ brokerId }) => brokerId !== home,
        ),
      );
    },
    async forgetPositions(name) {
      if (!registry.has(POSITIONS_STREAM)) return;
      for (const place of registry.get(POSITIONS_STREAM).shards) {
        const positions = await cluster.positions(place, name);
        if (positions.length === 0) continue;
        const records = positions.map((each) => positionRecord(each, null, NO_TIMESTAMP));
        await cluster.append([{ place, bytes: encodeBatch({ records }) }]);
      }
    },
    async forget(name) {
      if (registry.has(stateStreamOf(name))) await registry.delete(stateStreamOf(name));
    },
  };
}
