/**
 * A column of a rehearsal, in its process: the events of the tape, one position after the other, through the processor in simulated time. It
 * reads the shards from the brokers by itself, in the order that the tape says, and does not know what becomes of its chunks (keeper).
 */
import { LabError } from '../../../api/errors.ts';
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import type { RehearsedColumn } from '../../processorContract.ts';
import { type Chunk, Recorder } from '../../rehearsal/journal/recorder.ts';
import { fetchBytesOf, RecordedShard } from '../../rehearsal/recorded.ts';
import { type TapePart, TapeReader } from '../../rehearsal/tape.ts';
import { streamOf } from '../../wiring.ts';
import type { InputRecord } from '../shardRun.ts';
import { SimulatedRun } from '../simulatedRun.ts';
import type { RenewableRealm } from './renewableRealm.ts';
import { type Passed, Upstream } from './upstream.ts';

/** Steps without giving the thread back, milliseconds. */
const BURST_MS = 8;
/** What all steps of one position may emit and change, bytes. */
const POSITION_BYTES_MAX = 64 * 1024 * 1024;

/** Takes the chunks of a run. */
export interface Keeper {
  /** Whether the chunk ends with the position that was just ended. */
  isDue(recorder: Recorder): boolean;
  /** False where the run is to end. */
  keep(chunk: Chunk): boolean;
}

export type ColumnPlan = Pick<RehearsedColumn, 'tape' | 'inputs' | 'after' | 'streams'>;

export interface ColumnRunParts {
  plan: ColumnPlan;
  /** Of the processor. */
  name: string;
  realm: RenewableRealm;
  brokers: ReadonlyMap<number, Pick<BrokerClient, 'fetch'>>;
  keeper: Keeper;
  burst: (steps: () => void) => Promise<void>;
  /** The module is made anew behind these positions. */
  isRenewedAt: (position: number) => boolean;
}

export class ColumnRun {
  readonly #parts: ColumnRunParts;
  readonly #tape: TapeReader;
  readonly #shards: (RecordedShard | null)[];
  /** What its code calls the streams that it reads, by their names here. */
  readonly #inputs: ReadonlyMap<string, string>;
  readonly #upstream: Upstream | null;
  readonly #recorder: Recorder;
  readonly #run: SimulatedRun;
  #position = 0;
  #clock = Number.NaN;
  #part: TapePart | null = null;
  #hungry: RecordedShard | null = null;
  #isRenewedHere = true;
  #isOver = false;
  #upTo = 0;
  #isLast = false;
  #wake: (() => void) | null = null;

  constructor(parts: ColumnRunParts) {
    this.#parts = parts;
    const { plan, name, realm, brokers } = parts;
    const { declaration, placeOf } = realm;
    const passed = new Set(plan.after?.streams.map(({ stream }) => stream));
    this.#inputs = new Map(declaration.inputs.map((called) => [streamOf(called, plan.streams), called]));
    const isRead = (stream: string): boolean => this.#inputs.has(stream) && !passed.has(stream);
    const read = plan.inputs.filter(({ stream }) => isRead(stream));
    if (read.length === 0 && passed.size === 0) {
      const has = [...new Set(plan.inputs.map(({ stream }) => stream))].join(', ');
      throw new LabError('bad-input', `${name} reads ${[...this.#inputs.keys()].join(', ')}; this rehearsal has ${has}.`);
    }
    const bytesMax = fetchBytesOf(read.length);
    // What is damaged was passed over, and said, when the order was settled.
    this.#shards = plan.inputs.map((input) =>
      isRead(input.stream) ? new RecordedShard(input, brokers.get(input.brokerId)!, bytesMax, () => {}) : null,
    );
    this.#tape = new TapeReader(plan.tape);
    this.#upstream = plan.after && passed.size > 0 ? new Upstream(plan.after.journal, plan.after.streams) : null;
    const here = (called: string): string => streamOf(called, plan.streams);
    this.#recorder = new Recorder({ name, realm: realm.realm, declaration, here, isChained: this.#upstream !== null, placeOf });
    this.#run = new SimulatedRun(this.#recorder.watched(realm.realm), declaration, this.#recorder.sink);
  }

  get position(): number {
    return this.#position;
  }

  /** `isLast`: nothing comes behind this position. It may be less than before: then it waits. */
  goUpTo(position: number, isLast: boolean): void {
    this.#upTo = position;
    this.#isLast = isLast;
    this.#wake?.();
  }

  /** Ends at the last position, or where the keeper says so. Throws why it can go no further; then what was done is kept. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#wake?.();
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted && !this.#isOver) {
        if (this.#position >= this.#upTo) {
          this.#flush();
          if (this.#isLast) return;
          await new Promise<void>((resolve) => (this.#wake = resolve));
          this.#wake = null;
          continue;
        }
        if (!this.#isRenewedHere && this.#parts.isRenewedAt(this.#position)) await this.#parts.realm.renew();
        this.#isRenewedHere = true;
        await this.#hungry?.fill();
        this.#hungry = null;
        await this.#parts.burst(() => this.#steps());
      }
    } catch (error) {
      this.#flush();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  close(): void {
    this.#tape.close();
    this.#upstream?.close();
  }

  #flush(): void {
    if (this.#recorder.count > 0 && !this.#isOver) this.#isOver = !this.#parts.keeper.keep(this.#recorder.take());
  }

  #steps(): void {
    const until = performance.now() + BURST_MS;
    for (let count = 0; this.#position < this.#upTo; count++) {
      if ((count & 15) === 15 && performance.now() > until) return;
      if (!this.#isRenewedHere && this.#parts.isRenewedAt(this.#position)) return;
      if (!this.#step()) return;
      this.#isRenewedHere = false;
      if (!this.#parts.keeper.isDue(this.#recorder)) continue;
      this.#flush();
      if (this.#isOver) return;
    }
  }

  /** One position. False where its event is not in memory. */
  #step(): boolean {
    const position = this.#position + 1;
    const part = this.#partOf(position);
    const input = part.inputs[position - part.first]!;
    const shard = this.#shards[input] ?? null;
    if (shard?.head === null) {
      if (shard.isHungry) {
        this.#hungry = shard;
        return false;
      }
      throw this.#gone(shard);
    }
    const time = part.timestamps[position - part.first]!;
    if (time === time && !(time <= this.#clock)) this.#clock = time;
    const passed = this.#upstream?.passedAt(position) ?? [];
    for (const each of passed) if (each.isBeforeEvent) this.#passed(each);
    if (shard) this.#recorded(shard, part, position, time);
    for (const each of passed) if (!each.isBeforeEvent) this.#passed(each);
    if (this.#clock === this.#clock && (!this.#run.hasBegun || this.#clock > this.#run.now)) this.#take(this.#run.passTo(this.#clock));
    this.#recorder.endPosition(this.#run.nextWindow);
    this.#position = position;
    return true;
  }

  /** Before the clock has begun nothing has a time by it. */
  #passed({ shard, record, at }: Passed): void {
    this.#event(shard, record, this.#clock === this.#clock ? at : Number.NaN);
  }

  #recorded(shard: RecordedShard, part: TapePart, position: number, time: number): void {
    const { offset, key, value, headers } = shard.head!;
    const { stream, shard: number } = shard.place;
    // The tape knows how many offsets were left out: where another record is met, some have gone since.
    const expected = this.#expected(part, position);
    if (offset !== expected) throw this.#gone(shard);
    this.#event(number, { stream, offset: String(offset), timestamp: time, key, value, headers }, time);
    shard.take();
  }

  readonly #offsets: bigint[] = [];
  /** The offset of the event of a position, which is read now. */
  #expected({ inputs, gaps, first }: TapePart, position: number): bigint {
    const input = inputs[position - first]!;
    const next = (this.#offsets[input] ?? this.#parts.plan.inputs[input]!.from) + BigInt(gaps[position - first]!);
    this.#offsets[input] = next + 1n;
    return next;
  }

  #event(shard: number, record: InputRecord, at: number): void {
    this.#parts.realm.knowsShard(shard);
    this.#recorder.beginEvent(at === at ? Math.max(at, this.#run.now) : this.#run.now);
    this.#take(this.#run.event(shard, { ...record, stream: this.#inputs.get(record.stream)! }, at));
    this.#recorder.endEvent(record);
  }

  #take(steps: Iterable<void>): void {
    for (const _ of steps) {
      if (this.#recorder.bytes > POSITION_BYTES_MAX)
        throw new LabError('too-many', `It emitted and changed more than ${POSITION_BYTES_MAX} bytes at once (POSITION_BYTES_MAX).`);
    }
  }

  #partOf(position: number): TapePart {
    if (this.#part && position < this.#part.first + this.#part.count) return this.#part;
    this.#part = this.#tape.partOf(position);
    if (!this.#part) throw new Error(`Position ${position} is not on the tape.`);
    return this.#part;
  }

  #gone({ place: { stream, shard } }: RecordedShard): LabError {
    return new LabError('offset-out-of-range', `The next event of ${stream}, shard ${shard}, was trimmed meanwhile.`);
  }
}
