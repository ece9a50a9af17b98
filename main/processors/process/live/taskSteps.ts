/** The steps of one task: the events of its inputs in the order of their timestamps, as far as they are there, and what time makes due. */
import type { Failure } from '../../realm/outcome.ts';
import { type InputRecord, type SavedShardRun, ShardRun, type Sink } from '../shardRun.ts';
import { Period } from '../steps.ts';
import { HeadRecord } from './headRecord.ts';
import type { Input } from './input.ts';
import type { TaskParts } from './taskParts.ts';
import type { Uncommitted } from './uncommitted.ts';

/** Steps without giving the thread back, milliseconds. */
const BURST_MS = 2;
/** Event time may go on because an input is silent: how often that is looked for, milliseconds. */
const IDLE_LOOK_MS = 1_000;

export interface TaskStepsOptions {
  shard: number;
  parts: TaskParts;
  saved: SavedShardRun;
  inputs: readonly Input[];
  /** Where what they do is put. */
  uncommitted: Uncommitted;
  /** Whether the next event of an input may be processed by now. */
  mayTake: (input: Input) => boolean;
}

export class TaskSteps {
  readonly #shard: number;
  readonly #parts: TaskParts;
  readonly #inputs: readonly Input[];
  readonly #uncommitted: Uncommitted;
  readonly #mayTake: (input: Input) => boolean;
  readonly #run: ShardRun;
  readonly #windows: Period | null;
  #current: InputRecord | null = null;
  #now: number;

  constructor({ shard, parts, saved, inputs, uncommitted, mayTake }: TaskStepsOptions) {
    const { realm, declaration, now } = parts;
    this.#shard = shard;
    this.#parts = parts;
    this.#inputs = inputs;
    this.#uncommitted = uncommitted;
    this.#mayTake = mayTake;
    this.#now = now();
    this.#run = new ShardRun(realm, declaration, shard, this.#sink(), saved, this.#now);
    this.#windows = declaration.windowMs === null ? null : new Period(declaration.windowMs, saved.window);
  }

  get saved(): SavedShardRun {
    return { eventTime: this.#run.eventTime.saved, window: this.#windows?.last ?? null, punctuate: this.#run.punctuated };
  }

  /** How far event time has come, milliseconds; null before it has begun. */
  get streamTime(): number | null {
    const { time } = this.#run.eventTime;
    return Number.isNaN(time) ? null : time;
  }

  /** Whether there is an event that could be processed. */
  get hasNext(): boolean {
    return this.#next() !== null;
  }

  /** The same, or may be once an input is filled. */
  get hasMore(): boolean {
    return this.hasNext || this.#isHungry;
  }

  /** When something is due by the wall clock though no event comes; null where nothing will be. */
  dueAt(now: number): number | null {
    const look = this.#parts.declaration.punctuateMs !== null && this.#inputs.length > 1 ? now + IDLE_LOOK_MS : null;
    const window = this.#windows?.next ?? null;
    return look === null || (window !== null && window < look) ? window : look;
  }

  /** Steps for as long as there is something in memory, and a commit is not due, and the thread is not needed elsewhere. */
  burst(): void {
    const until = performance.now() + BURST_MS;
    this.#timeSteps();
    for (let count = 0; !this.#uncommitted.isFull; count++) {
      if ((count & 15) === 15 && performance.now() > until) return;
      const input = this.#next();
      if (!input || this.#isHungry) return;
      this.#step(input);
    }
  }

  get #isHungry(): boolean {
    for (const input of this.#inputs) if (input.isHungry) return true;
    return false;
  }

  /** The input whose next event has the least timestamp. */
  #next(): Input | null {
    let next: Input | null = null;
    for (const input of this.#inputs) {
      if (!input.hasHead || !this.#mayTake(input)) continue;
      if (next === null || input.timestamp < next.timestamp) next = input;
    }
    return next;
  }

  #step(input: Input): void {
    const record = new HeadRecord(input);
    this.#uncommitted.arrived(input.appendTimeUs);
    // With the first event time begins.
    if (this.#windows?.last === null) runAll(this.#windows.passTo(this.#now));
    this.#run.eventTime.hear(input.stream, record.timestamp, this.#now);
    if (this.#parts.declaration.punctuateMs !== null) runAll(this.#run.duePunctuations(this.#now));
    this.#current = record;
    this.#run.event(record, this.#now, input.keyText, input.valueText);
    this.#current = null;
    this.#uncommitted.processed();
    input.take();
  }

  /** What is due by the wall clock. */
  #timeSteps(): void {
    this.#now = Math.max(this.#now, this.#parts.now());
    if (this.#windows && this.#windows.last !== null) {
      for (const due of this.#windows.passTo(this.#now)) {
        this.#run.window(due);
        this.#uncommitted.touched();
      }
    }
    if (this.#parts.declaration.punctuateMs === null) return;
    this.#run.eventTime.look(this.#now);
    if (runAll(this.#run.duePunctuations(this.#now)) > 0) this.#uncommitted.touched();
  }

  #sink(): Sink {
    const { realm, report } = this.#parts;
    const { outcome } = realm;
    return {
      stepped: () => {
        this.#uncommitted.add(outcome);
        if (outcome.count > 0) report.emitted(outcome, this.#shard, this.#current, this.#now);
        if (outcome.log !== null) report.log(JSON.parse(outcome.log) as string[], this.#now);
      },
      failed: (step: string, { message, place }: Failure) => report.failed(this.#shard, step, message, place, this.#now),
      bad: (shard, record, reasons) => {
        this.#uncommitted.addBad(record, reasons);
        report.bad(shard, record, reasons, this.#now);
      },
    };
  }
}

/** Steps that are taken as they are asked for; answers how many. */
function runAll(steps: Iterable<unknown>): number {
  let count = 0;
  for (const _ of steps) count++;
  return count;
}
