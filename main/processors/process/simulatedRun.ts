/**
 * A processor in simulated time, in all its shards: the wall clock stands at the latest time so far, so windows fire where they would have, had
 * each event come when it says. The steps are taken as they are asked for; what comes of them goes to the sink.
 */
import type { Declaration } from '../realm/declaration.ts';
import type { Realm } from '../realm/realm.ts';
import { type InputRecord, ShardRun, type Sink } from './shardRun.ts';
import { Period } from './steps.ts';

export class SimulatedRun {
  readonly #realm: Realm;
  readonly #declaration: Declaration;
  readonly #sink: Sink;
  readonly #windows: Period | null;
  readonly #shards = new Map<number, ShardRun>();
  /** In the order of their numbers. */
  #inOrder: ShardRun[] = [];
  #now = Number.NEGATIVE_INFINITY;

  constructor(realm: Realm, declaration: Declaration, sink: Sink) {
    this.#realm = realm;
    this.#declaration = declaration;
    this.#sink = sink;
    this.#windows = declaration.windowMs === null ? null : new Period(declaration.windowMs);
  }

  /** The simulated wall clock, milliseconds; 0 before it has begun. */
  get now(): number {
    return this.hasBegun ? this.#now : 0;
  }

  get hasBegun(): boolean {
    return this.#now !== Number.NEGATIVE_INFINITY;
  }

  /** When the next window is due, milliseconds; null where there is none, or before the clock has begun. */
  get nextWindow(): number | null {
    return this.#windows?.next ?? null;
  }

  /** How far event time has come in a shard, milliseconds; NaN before it has begun. */
  streamTimeOf(shard: number): number {
    return this.#shards.get(shard)?.eventTime.time ?? Number.NaN;
  }

  /** One event, which comes at a time of the wall clock (NaN: at once), behind all that is due by then. */
  *event(shardNumber: number, record: InputRecord, at: number): Generator<void> {
    if (at > this.#now) yield* this.passTo(at);
    // With its first event its time begins, live too: the windows before have not run in it.
    const shard = this.#shardOf(shardNumber);
    shard.eventTime.hear(record.stream, record.timestamp, this.#now);
    yield* shard.duePunctuations(this.now);
    shard.event(record, this.now);
    yield;
  }

  /** The wall clock goes on to this time; what is due on the way is run. */
  *passTo(time: number): Generator<void> {
    for (const due of this.#windows?.passTo(time) ?? []) {
      this.#now = due;
      for (const shard of this.#inOrder) {
        shard.window(due);
        yield;
      }
    }
    this.#now = time;
    for (const shard of this.#inOrder) {
      shard.eventTime.look(time);
      yield* shard.duePunctuations(time);
    }
  }

  #shardOf(number: number): ShardRun {
    const known = this.#shards.get(number);
    if (known) return known;
    const made = new ShardRun(this.#realm, this.#declaration, number, this.#sink);
    this.#shards.set(number, made);
    this.#inOrder = [...this.#shards.values()].sort((one, other) => one.shard - other.shard);
    return made;
  }
}
