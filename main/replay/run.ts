/**
 * One replay under way: read, paced, written, and begun again from what the log says where a broker went down in between. It ends with its
 * ranges, or when it is halted; what it has sent by then is in the log, and what it has not is not.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type LabError, toLabError } from '../api/errors.ts';
import { NO_TIMESTAMP } from '../api/time.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { BatchReader } from '../events/batches.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import { Pacer } from './pacer.ts';
import { createPassing, type Passing, shardFor } from './passing.ts';
import { assertSame, passingOf, type ReplayPlan, rowsBefore } from './plan.ts';
import type { Progress } from './progress.ts';
import { Source } from './source.ts';
import { Parcel, Target } from './target.ts';

/** What is written at once: bytes of events, and events that were looked at. */
const PARCEL_BYTES = 2 * 1024 * 1024;
const PARCEL_EVENTS = 20_000;
/** An event that is due so soon goes with those that are due now, milliseconds. */
const SOON_MS = 5;
/** A wait for the next event is looked at again after so long, milliseconds. */
const LOOK_MS = 60_000;
/** The engine's thread is given back after so long, milliseconds. */
const SLICE_MS = 4;
/** A broker that is down may not be known to be yet, milliseconds. */
const RETRY_MS = 1_000;

export interface RunParts {
  id: string;
  plan: ReplayPlan;
  registry: StreamRegistry;
  cluster: Cluster;
  reader: BatchReader;
  progress: Progress;
  /** It waits for a broker; null: it does not any more. */
  waits: (why: string | null) => void;
  now: () => number;
}

export class ReplayRun {
  readonly #parts: RunParts;
  readonly #passing: Passing;
  readonly #halt = new AbortController();
  readonly #pacer: Pacer;
  readonly #change: ReturnType<typeof createChange>;

  constructor(parts: RunParts, speed: number | null) {
    this.#parts = parts;
    this.#passing = createPassing(passingOf(parts.plan));
    this.#change = createChange(parts.cluster);
    this.#pacer = new Pacer({ speed, waitMsMax: parts.plan.wish.waitMsMax, now: parts.now });
  }

  setSpeed(speed: number | null): void {
    this.#pacer.setSpeed(speed);
    this.#change.wake();
  }

  halt(): void {
    this.#halt.abort();
    this.#change.wake();
  }

  /** Resolves when it is halted (false), or through (true); rejects with why it can not go on. */
  async run(): Promise<boolean> {
    const { waits } = this.#parts;
    for (;;) {
      try {
        const isThrough = await this.#life();
        waits(null);
        return isThrough;
      } catch (thrown) {
        if (this.#halt.signal.aborted) return false;
        const error = toLabError(thrown);
        if (!canComeBack(error)) throw error;
        waits(error.message);
        await this.#change.brokersUp(this.#halt.signal);
        if (this.#halt.signal.aborted) return false;
      }
    }
  }

  async #life(): Promise<boolean> {
    const { id, plan, registry, cluster, reader, progress, waits } = this.#parts;
    const source = assertSame(registry.get(plan.source.stream), plan.source);
    const into = assertSame(registry.get(plan.target.stream), plan.target);
    const target = await Target.open({ registry, cluster, replayId: id, source: plan.source, target: into, shards: plan.target.shards });
    const ranges = plan.ranges.map(({ number, from, until }) => ({
      place: source.shards[number]!,
      from: target.startOf(number, from),
      until,
    }));
    const read = plan.ranges.map(async ({ number, rowsFrom }, index) => {
      const before = await rowsBefore(cluster, source.shards[number]!, ranges[index]!.from);
      return Math.max(0, before - rowsFrom);
    });
    const rows = (await Promise.all(read)).reduce((sum, each) => sum + each, 0);
    progress.begins(rows, new Map(ranges.map((range) => [range.place.number, range.from])), target.sent);
    const from = new Source(cluster, reader, ranges, (missed) => progress.missed(missed));
    waits(null);
    let writing: Promise<void> = Promise.resolve();
    try {
      for (;;) {
        const parcel = new Parcel(target);
        const { looked, isLast, latest } = await this.#gather(from, parcel);
        if (this.#halt.signal.aborted) return false;
        const positions = new Map(from.positions);
        await writing;
        writing = target.write(parcel, positions).then(() => progress.wrote(looked, positions, target.sent, latest, this.#pacer.shortened));
        // Who is late to look at it has seen it all the same.
        writing.catch(() => {});
        if (isLast) {
          await writing;
          return true;
        }
      }
    } finally {
      await writing.catch(() => {});
    }
  }

  /** The next events that are due, at most so many; waits for the first. `latest`: the greatest timestamp among them. */
  async #gather(from: Source, parcel: Parcel): Promise<{ looked: number; isLast: boolean; latest: bigint }> {
    const { now, plan, progress } = this.#parts;
    const shards = { source: plan.source.shards, target: plan.target.shards };
    const passing = this.#passing;
    let latest = NO_TIMESTAMP;
    let looked = 0;
    for (let sliceUntil = performance.now() + SLICE_MS; parcel.bytes < PARCEL_BYTES && looked < PARCEL_EVENTS;) {
      if ((looked & 15) === 15 && performance.now() > sliceUntil) {
        await nextTurn();
        sliceUntil = performance.now() + SLICE_MS;
      }
      if (this.#halt.signal.aborted) break;
      let next = from.inHand;
      if (next === undefined || next === null) next = await from.peek();
      if (next === null) return { looked, isLast: true, latest };
      const { shard, record } = next;
      if (passing.selects(shard, record)) {
        const waitMs = this.#pacer.waitMs(record.timestamp);
        if (waitMs > SOON_MS) {
          if (looked > 0) break;
          progress.awaits(waitMs, record.timestamp);
          await this.#change.pause(Math.min(waitMs, LOOK_MS));
          continue;
        }
        progress.goesOn();
        this.#pacer.sent(record.timestamp);
        if (record.timestamp > latest) latest = record.timestamp;
        const at = shardFor(shard, record, shards, plan.redrives);
        parcel.add(at, { shard, offset: record.offset }, () => passing.replayed(shard, record, BigInt(Math.floor(now()))));
      }
      from.take();
      looked++;
    }
    return { looked, isLast: false, latest };
  }
}

/** Waiting for a moment, or for the brokers, until it is ended by a call. */
export function createChange(cluster: Cluster) {
  let wake: (() => void) | null = null;
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      wake = done;
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
    });
  return {
    pause,
    wake: (): void => wake?.(),
    /** Resolves when all brokers are up, after a moment at least: one that is down may not be known to be yet. */
    async brokersUp(signal: AbortSignal): Promise<void> {
      const stop = cluster.onChange(() => wake?.());
      try {
        await pause(RETRY_MS);
        while (!signal.aborted && cluster.brokers().some(({ state }) => state !== 'up')) await pause(LOOK_MS);
      } finally {
        stop();
      }
    },
  };
}

/** Whether the same can go well later, without anybody's doing. */
export function canComeBack({ code }: LabError): boolean {
  return code === 'broker-down' || code === 'deadline' || code === 'disconnected';
}
