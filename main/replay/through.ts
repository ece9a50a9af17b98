/**
 * A replay through a processor: a deployment of its own, which is not listed, of a source that is run over the range by the machinery of live
 * processors (processors/process/live), exactly once, and is over when its positions have come to the end of it. So what it emits, what it
 * remembers and where it stands are one commit, across kills too. Its events are read where they are, with their own offsets; how far it may
 * read just now is told to it as the pace allows.
 */
import { LabError, toLabError } from '../api/errors.ts';
import { RECOVERED_AFTER_MS, restartPauseMs } from '../processes/backOff.ts';
import type { Spawner } from '../processes/spawner.ts';
import { createDeployments, type Deployments, stateStreamOf } from '../processors/deployment.ts';
import type { RunReport, TaskReport } from '../processors/process/live/report.ts';
import type { LiveBoot } from '../processors/processorContract.ts';
import { type ProcessorLink, startProcessor } from '../processors/processorLink.ts';
import { eventsAtOnce, FAILURES_IN_A_ROW_MAX } from '../processors/runner.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import { STATE_STREAM_PREFIX } from '../log/index.ts';
import { assertSame, passingOf, type PlannedProcessor, rowsBefore } from './plan.ts';
import { canComeBack, createChange, type RunParts } from './run.ts';
import { Stride } from './stride.ts';

/** How long the process may take to commit what it has when it is halted, milliseconds. */
const STOP_MS = 5_000;
/** How often it is counted how far it is, milliseconds. */
const COUNT_MS = 1_000;

export interface ThroughParts extends RunParts {
  spawner: Spawner;
  geoFile: () => string;
}

/** As which its bad events and its positions name it: no processor is called so. */
export function nameInReplay({ name }: PlannedProcessor, replayId: string): string {
  return `${name} in replay ${replayId.slice(0, 8)}`;
}

export function stateStreamInReplay(replayId: string): string {
  return `${STATE_STREAM_PREFIX}replay.${replayId}`;
}

/** The streams as the processor of a replay is to find them: the source by the name of its input, what it writes by those of its outputs. */
export function streamsAsSeen(registry: StreamRegistry, replayId: string, source: string, through: PlannedProcessor): StreamRegistry {
  const names = new Map<string, string>([
    [through.shape.inputs[0]!, source],
    ...through.targets.map(({ output, stream }): [string, string] => [output, stream]),
    [stateStreamOf(nameInReplay(through, replayId)), stateStreamInReplay(replayId)],
  ]);
  const as = (name: string): string => names.get(name) ?? name;
  return {
    ...registry,
    has: (name) => registry.has(as(name)),
    get: (name) => registry.get(as(name)),
    create: (name, shards) => registry.create(as(name), shards),
    createInternal: (name, brokerIds) => registry.createInternal(as(name), brokerIds),
    growInternal: (name, brokerIds) => registry.growInternal(as(name), brokerIds),
    delete: (name) => registry.delete(as(name)),
  };
}

export class ThroughRun {
  readonly #parts: ThroughParts;
  readonly #through: PlannedProcessor;
  readonly #deployments: Deployments;
  readonly #halt = new AbortController();
  readonly #change: ReturnType<typeof createChange>;
  #speed: number | null;
  #stride: Stride | null = null;
  #link: ProcessorLink | null = null;
  #failures = 0;
  #readAtFailure = -1;
  #countedAt = 0;

  constructor(parts: ThroughParts, speed: number | null) {
    this.#parts = parts;
    this.#through = parts.plan.through!;
    this.#speed = speed;
    this.#change = createChange(parts.cluster);
    const seen = streamsAsSeen(parts.registry, parts.id, parts.plan.source.stream, this.#through);
    this.#deployments = createDeployments(seen, parts.cluster, parts.geoFile);
  }

  setSpeed(speed: number | null): void {
    this.#speed = speed;
    if (this.#stride) this.#stride.setSpeed(speed);
    else if (speed !== null && this.#link) {
      // It may read to the end already: its next life reads at that pace.
      this.#stop(this.#link);
    }
  }

  halt(): void {
    this.#halt.abort();
    this.#change.wake();
    if (this.#link) this.#stop(this.#link);
  }

  async run(): Promise<boolean> {
    const { waits, now } = this.#parts;
    for (;;) {
      const startedAt = now();
      try {
        const isThrough = await this.#life();
        if (isThrough || this.#halt.signal.aborted) return isThrough;
      } catch (thrown) {
        if (this.#halt.signal.aborted) return false;
        const error = toLabError(thrown);
        if (canComeBack(error)) {
          waits(error.message);
          await this.#change.brokersUp(this.#halt.signal);
        } else {
          await this.#afterEnd(error, startedAt);
        }
        if (this.#halt.signal.aborted) return false;
      }
    }
  }

  /** Its process has ended. Throws where it is not to be started again. */
  async #afterEnd(error: LabError, startedAt: number): Promise<void> {
    if (error.code !== 'processor-ended') throw error;
    const { read } = this.#parts.progress.saved;
    const hasGotOn = read > this.#readAtFailure || this.#parts.now() - startedAt > RECOVERED_AFTER_MS;
    this.#readAtFailure = read;
    this.#failures = hasGotOn ? 1 : this.#failures + 1;
    if (this.#failures >= FAILURES_IN_A_ROW_MAX) {
      const message = `The processor ended ${FAILURES_IN_A_ROW_MAX} times in a row. The last time: ${error.message}`;
      throw new LabError('processor-ended', message, { cause: error });
    }
    await this.#change.pause(restartPauseMs(this.#failures));
  }

  /** One life of its process. True where it is through. */
  async #life(): Promise<boolean> {
    const { spawner, waits } = this.#parts;
    const limits = this.#limits();
    const boot = await this.#boot();
    const link = await startProcessor(spawner);
    this.#link = link;
    const stopWatching = this.#parts.registry.onChange(() => {
      if (this.#limits() !== limits) this.#stop(link);
    });
    try {
      if (this.#halt.signal.aborted) return false;
      await link.client.restore({ ...boot, eventsAtOnce: eventsAtOnce(this.#failures) });
      waits(null);
      return await this.#follow(link);
    } catch (error) {
      throw toLabError(error).code === 'disconnected' ? await link.ended : error;
    } finally {
      stopWatching();
      this.#link = null;
      this.#stride?.halt();
      this.#stride = null;
      await link.close();
    }
  }

  /** What batches may have in the streams that it writes to. Where that changes, the process commits what it has, and begins its next life with it. */
  #limits(): string {
    const { registry } = this.#parts;
    const streams = registry.all().filter(({ name }) => this.#through.targets.some(({ stream }) => stream === name));
    return streams.map(({ name, settings }) => `${name}:${settings.batchBytesMax}`).join();
  }

  /** The boot of a live processor, bounded. */
  async #boot(): Promise<Omit<LiveBoot, 'eventsAtOnce'>> {
    const { id, plan, registry } = this.#parts;
    assertSame(registry.get(plan.source.stream), plan.source);
    assertSame(registry.get(plan.target.stream), plan.target);
    const { shape, source, seed, producerId } = this.#through;
    const name = nameInReplay(this.#through, id);
    const record = {
      name,
      wanted: 'running',
      guarantee: 'exactly-once',
      starts: {},
      seed,
      producerId,
      streams: {},
      version: 1,
    } as const;
    const boot = await this.#deployments.prepare(record, shape, source);
    const ranges = new Map(plan.ranges.map((range) => [range.number, range]));
    return {
      ...boot,
      fileName: `${this.#through.name}.ts`,
      replay: { passing: passingOf(plan) },
      tasks: boot.tasks.map((task) => {
        const range = ranges.get(task.shard);
        const start = range?.from ?? 0n;
        const until = range && this.#speed === null ? range.until : start;
        return { ...task, inputs: task.inputs.map((input) => ({ ...input, calledHere: plan.source.stream, start, until })) };
      }),
    };
  }

  /** Takes its reports until it is through (true), or is stopped. */
  async #follow(link: ProcessorLink): Promise<boolean> {
    let isThrough = false;
    let failure: unknown = null;
    for await (const report of link.client.run({})) {
      if (!this.#stride && this.#speed !== null) {
        this.#stride = new Stride(this.#parts, this.#speed, positionsOf(report.tasks), (tasks) => link.client.raise({ tasks }));
        void this.#stride.run().catch((error: unknown) => {
          failure = error;
          this.#stop(link);
        });
      }
      await this.#tell(report);
      if (isThrough || !this.#isAtEnd(report.tasks)) continue;
      isThrough = true;
      this.#stop(link);
    }
    if (failure) throw failure;
    return isThrough && !this.#halt.signal.aborted;
  }

  #isAtEnd(tasks: readonly TaskReport[]): boolean {
    const positions = positionsOf(tasks);
    return this.#parts.plan.ranges.every(({ number, until }) => (positions.get(number) ?? -1n) >= until);
  }

  async #tell({ tasks, gaps }: RunReport): Promise<void> {
    const { plan, progress, registry, cluster, now } = this.#parts;
    for (const { shard, from, until, why } of gaps) progress.missed({ shard, from, until, why });
    const isAtEnd = this.#isAtEnd(tasks);
    if (!isAtEnd && now() - this.#countedAt < COUNT_MS) return;
    this.#countedAt = now();
    const positions = positionsOf(tasks);
    const { shards } = registry.get(plan.source.stream);
    const read = plan.ranges.map(async ({ number, rowsFrom }) =>
      Math.max(0, (await rowsBefore(cluster, shards[number]!, positions.get(number)!)) - rowsFrom),
    );
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
    const times = tasks.flatMap(({ streamTime }) => streamTime ?? []);
    progress.processed(
      sum(await Promise.all(read)),
      positions,
      sum(tasks.flatMap(({ out }) => Object.values(out))),
      sum(tasks.map(({ bad }) => bad)),
      times.length === 0 ? null : Math.max(...times),
      this.#stride?.shortened,
    );
  }

  /** It commits what it has; the stream of its reports ends with that. */
  #stop(link: ProcessorLink): void {
    const limit = setTimeout(() => void link.close(), STOP_MS);
    void link.ended.then(() => clearTimeout(limit));
    link.client.stop({}).catch(() => void link.close());
  }
}

function positionsOf(tasks: readonly TaskReport[]): Map<number, bigint> {
  return new Map(tasks.flatMap(({ shard, inputs }) => inputs.map(({ position }): [number, bigint] => [shard, position])));
}
