/** Where a processor's tasks work: its streams, made where they are missing, and what its process is told of them. */
import { LabError } from '../api/errors.ts';
import type { ProcessorShape, ProcessorStart } from '../api/processors.ts';
import { NO_TIMESTAMP } from '../api/time.ts';
import { streamNameProblem } from '../api/values.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import { encodeBatch, positionRecord, POSITIONS_STREAM, STATE_STREAM_PREFIX } from '../log/index.ts';
import { assertNotInternal, isInternal, type StreamRegistry } from '../streams/registry.ts';
import type { StreamPlaces } from '../streams/streamPlaces.ts';
import type { ProcessorRecord } from '../workspace/processorRecords.ts';
import { BAD } from './bad.ts';
import type { LiveBoot, LiveTask } from './processorContract.ts';
import { type Wire, type Wiring, wiringOf } from './wiring.ts';

export interface Deployments {
  /** Throws `no-such-stream` for an input that is not there, and what {@link checkOutputs} does. */
  check(wiring: Wiring): void;
  /** Throws `bad-input` for a name that no stream can have, and for a stream that is read, too. */
  checkOutputs(wiring: Wiring): void;
  /** The offset of each shard at which to begin, by the processor's names of its inputs. */
  startsOf(inputs: readonly Wire[], start: ProcessorStart): Promise<Record<string, string[]>>;
  /** Makes what is missing. Throws `no-such-stream`, `broker-down`. */
  prepare(record: ProcessorRecord, shape: ProcessorShape, source: string): Promise<Omit<LiveBoot, 'eventsAtOnce'>>;
  /** What changes where the streams of a processor, their shards, or how batches for them are made, do. */
  signature(wiring: Wiring): string;
  /** Whether some of its inputs or outputs lie on other brokers than the state of the task. */
  crossesBrokers(wiring: Wiring): boolean;
  /** Its state is gone; positions that were written with it do not count any more. */
  forget(name: string): Promise<void>;
  /** They are gone, too. */
  forgetPositions(name: string): Promise<void>;
}

export function stateStreamOf(name: string): string {
  return `${STATE_STREAM_PREFIX}${name}`;
}

/** The broker of each task's state: it lies where the events lie that the task reads. `inputs`: the shards of each, one of them at least. */
export function homesOf(inputs: readonly (readonly Pick<ShardPlace, 'brokerId'>[])[]): number[] {
  const tasks = Math.max(...inputs.map((shards) => shards.length));
  return Array.from({ length: tasks }, (_, number) => inputs.find((shards) => shards[number])![number]!.brokerId);
}

/** `geoFile`: path of the geo database, as of now. */
export function createDeployments(registry: StreamRegistry, cluster: Cluster, geoFile: () => string): Deployments {
  function input({ name, stream }: Wire): StreamPlaces {
    if (registry.has(stream)) return registry.get(stream);
    const said = name === stream ? `“${stream}”` : `“${stream}”, to it “${name}”`;
    throw new LabError('no-such-stream', `It reads the stream ${said}, which is not there. Create it, or change inputs.`);
  }

  const homes = (wiring: Wiring): number[] => homesOf(wiring.inputs.map((wire) => input(wire).shards));

  async function outputOf(name: string, shards: number): Promise<StreamPlaces> {
    assertNotInternal(name);
    return registry.has(name) ? registry.get(name) : registry.create(name, shards);
  }

  async function stateOf(name: string, wiring: Wiring): Promise<StreamPlaces> {
    const stream = stateStreamOf(name);
    const wanted = homes(wiring);
    if (!registry.has(stream)) return registry.createInternal(stream, wanted);
    const found = registry.get(stream);
    return found.shards.length < wanted.length ? registry.growInternal(stream, wanted.slice(found.shards.length)) : found;
  }

  let preparing: Promise<unknown> = Promise.resolve();

  async function prepareAll(record: ProcessorRecord, shape: ProcessorShape, source: string): Promise<Omit<LiveBoot, 'eventsAtOnce'>> {
    const wiring = wiringOf(shape, record.streams);
    const inputs = wiring.inputs.map((wire) => ({ ...wire, shards: input(wire).shards }));
    const tasks = homes(wiring).length;
    const outputs = [];
    for (const { name, stream } of wiring.outputs) {
      const { shards, settings } = await outputOf(stream, tasks);
      const { compression, batchBytesMax } = settings;
      outputs.push({ name, compression, batchBytesMax, shards: shards.map(({ brokerId, shardId }) => ({ brokerId, shardId })) });
    }
    const state = await stateOf(record.name, wiring);
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
        inputs: inputs.flatMap(({ name, stream, shards }) => {
          const shard = shards[place.number];
          if (!shard) return [];
          return {
            stream: name,
            calledHere: stream,
            brokerId: shard.brokerId,
            shardId: shard.shardId,
            start: BigInt(record.starts[name]?.[place.number] ?? 0),
          };
        }),
      })),
    };
  }

  function checkOutputs({ inputs, outputs }: Wiring): void {
    for (const { name, stream } of outputs) {
      const problem = streamNameProblem(stream) ?? (isInternal(stream) ? `“${stream}” is a stream of the lab’s own.` : null);
      if (problem) throw new LabError('bad-input', `It writes to “${stream}”: ${problem}`);
      if (!inputs.some((read) => read.stream === stream)) continue;
      const said = name === BAD ? `It reads “${stream}”, where its own bad events go` : `It reads and writes “${stream}”`;
      throw new LabError('bad-input', `${said}: it would never come to an end.`);
    }
  }

  return {
    check(wiring) {
      for (const wire of wiring.inputs) input(wire);
      checkOutputs(wiring);
    },
    checkOutputs,
    async startsOf(inputs, start) {
      const starts: Record<string, string[]> = {};
      for (const { name, shards } of inputs.map((wire) => ({ name: wire.name, shards: input(wire).shards }))) {
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
    signature: ({ inputs, outputs }) =>
      JSON.stringify([
        inputs.map(({ stream }) => (registry.has(stream) ? registry.get(stream).shards : null)),
        outputs.map(({ stream }) => {
          if (!registry.has(stream)) return null;
          const { shards, settings } = registry.get(stream);
          return [shards, settings.compression, settings.batchBytesMax];
        }),
      ]),
    crossesBrokers(wiring) {
      if (!wiring.inputs.every(({ stream }) => registry.has(stream))) return false;
      const inputs = wiring.inputs.map(input);
      const outputs = wiring.outputs.filter(({ stream }) => registry.has(stream)).map(({ stream }) => registry.get(stream));
      return homes(wiring).some((home, number) =>
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
