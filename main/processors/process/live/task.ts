/**
 * One task of a live processor: the events of one shard of each input, in the order of their timestamps as far as they are there, one step
 * after the other; and the commit of what came of them. Everything it has to go on with after a crash is in its shard of the state stream
 * (changelog.ts) and among the positions (log/positions.ts).
 *
 * exactly-once   Outputs, state and positions are one commit; what is for other brokers goes through the outbox (outbox.ts).
 * at-least-once  Outputs and state are written as they come, positions each POSITIONS_MS: after a crash events come again.
 * at-most-once   Positions are written before the events are processed, outputs and state each POSITIONS_MS: after a crash they are missing.
 */
import { LabError, toLabError } from '../../../api/errors.ts';
import type { Guarantee } from '../../../api/processors.ts';
import { NO_TIMESTAMP } from '../../../api/time.ts';
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import { decodeStored, encodeBatch, type LogRecord, type NewRecord, positionRecord } from '../../../log/index.ts';
import { EVENTS_AT_ONCE_MAX, type LiveTask } from '../../processorContract.ts';
import type { Declaration } from '../../realm/declaration.ts';
import type { Failure } from '../../realm/outcome.ts';
import type { Realm } from '../../realm/realm.ts';
import { type InputRecord, ShardRun, type Sink } from '../shardRun.ts';
import { Period } from '../steps.ts';
import {
  beginRecord,
  changelogEntry,
  type OutboxEntry,
  outboxRecord,
  type SavedTask,
  storeRecord,
  taskRecord,
  type Totals,
} from './changelog.ts';
import { type Arrival, Input, type InputOptions } from './input.ts';
import type { LatencyMeter } from './latency.ts';
import { Outbox, OUTBOX_BYTES_MAX } from './outbox.ts';
import { encoded, Outputs, type OutputStream } from './outputs.ts';
import type { Report } from './report.ts';

/** A commit is due when so much was emitted and changed, bytes. */
const COMMIT_BYTES = 1024 * 1024;
/** Commits under way; a small one waits for the one before it, and is larger by then. */
const COMMITS_MAX = 3;
/** Steps without giving the thread back, milliseconds. */
const BURST_MS = 8;
/** Without the guarantee of exactly once: how often positions, or outputs, are written, milliseconds. */
const POSITIONS_MS = 1_000;
/** Longest wait for events in one request, milliseconds. */
const AWAIT_MS = 10_000;
/** Bytes fetched ahead for one input, and for all inputs of all tasks together. */
const FETCH_BYTES = 1024 * 1024;
const FETCH_BYTES_TOTAL = 32 * 1024 * 1024;
const FETCH_BYTES_MIN = 64 * 1024;
/** Bytes of the state stream read at once when a task is restored. */
const RESTORE_BYTES = 4 * 1024 * 1024;
/** A state stream is summed up when it has grown by so many bytes, and by some times what its last sum had. */
const SNAPSHOT_AFTER_BYTES = 8 * 1024 * 1024;
const SNAPSHOT_SHARE = 3;
/** Of such a sum, in one commit: bytes and entries. */
const SLICE_BYTES = 512 * 1024;
const SLICE_ENTRIES = 64;
/** A task that finds another life of itself writing tries to take over so often. */
const BEGIN_TRIES = 5;

/** Of a task that is part of a replay. */
export interface Replayed {
  /** The stream that is read, whatever the processor calls it. */
  stream: string;
  /** An event of a shard as the processor is to see it; null for one that it is not to see. */
  pass: (shard: number, record: LogRecord) => LogRecord | null;
}

export interface TaskParts {
  /** Of the processor: whose positions these are. */
  reader: string;
  guarantee: Guarantee;
  /** Events between two commits, at most. */
  eventsAtOnce: number;
  realm: Realm;
  declaration: Declaration;
  outputs: readonly OutputStream[];
  brokers: ReadonlyMap<number, BrokerClient>;
  report: Report;
  latency: LatencyMeter;
  /** How many inputs all tasks have. */
  inputsTotal: number;
  /** Runs steps under the eyes of the watchdog. */
  burst: (steps: () => void) => Promise<void>;
  now: () => number;
  pid: number;
  replay: Replayed | null;
}

const NO_SAVED: SavedTask = {
  run: { eventTime: { inputs: [], time: null }, window: null, punctuate: null },
  totals: { in: 0, bad: 0, out: {} },
  sequences: [],
  sent: [],
};

export class Task {
  readonly shard: number;
  readonly #task: LiveTask;
  readonly #parts: TaskParts;
  readonly #home: BrokerClient;
  readonly #outputs: Outputs;
  #run!: ShardRun;
  #windows: Period | null = null;
  #inputs: Input[] = [];
  #outbox!: Outbox;
  totals: Totals = NO_SAVED.totals;
  /** Where the state stream ends, once all commits under way are through. */
  #end = 0n;
  #changed = new Map<string, string | null>();
  #changedBytes = 0;
  /** Whether something was processed whose results, or whose positions, no commit tells of. */
  #isDirty = false;
  #isBehind = false;
  /** At most once: up to where positions were written ahead, by input. */
  readonly #ahead = new Map<Input, bigint>();
  /** Events that were processed since the last commit. */
  #uncommitted = 0;
  #arrivals: Arrival[] = [];
  #commits = new Set<Promise<void>>();
  #failure: unknown = null;
  #current: InputRecord | null = null;
  #now = 0;
  #positionsAt = 0;
  /** Bytes of the state stream that the next sum makes superfluous; of the last sum. */
  #grown = 0;
  #summed = 0;
  #sum: { from: bigint; bytes: number; isDone: boolean } | null = null;
  #wake: (() => void) | null = null;

  constructor(task: LiveTask, parts: TaskParts) {
    this.shard = task.shard;
    this.#task = task;
    this.#parts = parts;
    this.#home = parts.brokers.get(task.homeId)!;
    this.#outputs = new Outputs(parts.reader, task.shard, parts.outputs, parts.replay?.stream);
  }

  get inputs(): readonly Input[] {
    return this.#inputs;
  }

  /** How far event time has come, milliseconds; null before it has begun. */
  get streamTime(): number | null {
    const { time } = this.#run.eventTime;
    return Number.isNaN(time) ? null : time;
  }

  /** Takes over from an earlier life, and takes up what it knew. Answers how many entries its stores have got. */
  async restore(): Promise<number> {
    const end = await this.#begin();
    const { saved, outbox, entries } = await this.#readState(end);
    const { realm, declaration, brokers, inputsTotal, report, now } = this.#parts;
    const at = now();
    this.#now = at;
    this.#run = new ShardRun(realm, declaration, this.shard, this.#sink(), saved.run, at);
    this.#windows = declaration.windowMs === null ? null : new Period(declaration.windowMs, saved.run.window);
    this.totals = structuredClone(saved.totals);
    this.#outbox = new Outbox({ producerId: this.#task.producerId, brokers, saved, failed: (error) => this.#fail(error) });
    const positions = await this.#home.positions({ shardId: this.#task.positionsShardId, reader: this.#parts.reader });
    const valid = positions.filter(({ of, shard }) => of === this.#task.validWith && shard === this.shard);
    const bytesMax = Math.max(FETCH_BYTES_MIN, Math.min(FETCH_BYTES, Math.floor(FETCH_BYTES_TOTAL / inputsTotal)));
    this.#inputs = this.#task.inputs.map((input) => {
      const from = valid.find(({ stream }) => stream === input.stream)?.offset ?? input.start;
      const broker = brokers.get(input.brokerId)!;
      const onGap: InputOptions['onGap'] = (why, gap) => report.gap({ stream: input.stream, shard: this.shard, ...gap, why }, now());
      const pass = (record: LogRecord): LogRecord | null => this.#parts.replay!.pass(this.shard, record);
      const bound = input.until === undefined ? undefined : { until: input.until, pass };
      return new Input({ ...input, broker, from, bytesMax, onGap, bound });
    });
    this.#outbox.send(
      outbox.filter(({ entry }) => !this.#outbox.isSent(entry)).map(({ entry }) => entry),
      outbox[0]?.at ?? 0n,
    );
    this.#positionsAt = at;
    return entries;
  }

  /** Of a replay: its input is read so far from now on. */
  raise(until: bigint): void {
    for (const input of this.#inputs) input.raise(until);
    this.#wake?.();
  }

  /** Goes on until the signal aborts; then commits what it has. Rejects with why it can not go on. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#wake?.();
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        await this.#processBacklog(signal);
        await this.#commitWhatIsDue(false);
        if (!signal.aborted) await this.#awaitWork(signal);
      }
      await this.#commitWhatIsDue(true);
      await Promise.all(this.#commits);
      await this.#outbox.drainedBelow(1);
      this.#assertSound();
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #processBacklog(signal: AbortSignal): Promise<void> {
    for (;;) {
      await Promise.all(this.#inputs.filter((input) => input.isHungry).map((input) => input.fill()));
      if (this.#parts.guarantee === 'at-most-once') await this.#commitPositionsAhead();
      await this.#parts.burst(() => this.#steps());
      this.#assertSound();
      if (signal.aborted || !(this.#next() || this.#inputs.some((input) => input.isHungry))) return;
      await this.#commitWhatIsDue(false);
      if (this.#parts.eventsAtOnce < EVENTS_AT_ONCE_MAX) await Promise.all(this.#commits);
    }
  }

  /** Steps for as long as there is something in memory, and a commit is not due, and the thread is not needed elsewhere. */
  #steps(): void {
    const until = performance.now() + BURST_MS;
    this.#timeSteps();
    for (let count = 0; this.#outputs.bytes + this.#changedBytes < COMMIT_BYTES && this.#uncommitted < this.#parts.eventsAtOnce; count++) {
      if ((count & 15) === 15 && performance.now() > until) return;
      if (this.#inputs.some((input) => input.isHungry)) return;
      const input = this.#next();
      if (!input) return;
      this.#step(input);
    }
  }

  /** The input whose next event has the least timestamp. */
  #next(): Input | null {
    let next: Input | null = null;
    for (const input of this.#inputs) {
      if (!this.#mayTake(input)) continue;
      if (input.head && (next === null || input.head.timestamp < next.head!.timestamp)) next = input;
    }
    return next;
  }

  #mayTake(input: Input): boolean {
    return this.#parts.guarantee !== 'at-most-once' || input.position < (this.#ahead.get(input) ?? 0n);
  }

  #step(input: Input): void {
    const { offset, timestamp, key, value, headers } = input.head!;
    const time = timestamp === NO_TIMESTAMP ? Number.NaN : Number(timestamp);
    const record: InputRecord = { stream: input.stream, offset: String(offset), timestamp: time, key, value, headers };
    const arrival = this.#arrivals.at(-1);
    if (arrival?.appendTimeUs === input.appendTimeUs) arrival.events++;
    else this.#arrivals.push({ appendTimeUs: input.appendTimeUs, events: 1 });
    // With the first event time begins.
    if (this.#windows?.last === null) runAll(this.#windows.passTo(this.#now));
    this.#run.eventTime.hear(input.stream, time, this.#now);
    if (this.#parts.declaration.punctuateMs !== null) runAll(this.#run.duePunctuations(this.#now));
    this.#current = record;
    this.#run.event(record, this.#now);
    this.#current = null;
    this.totals.in++;
    this.#uncommitted++;
    this.#isDirty = true;
    this.#isBehind = true;
    input.take();
  }

  /** What is due by the wall clock. */
  #timeSteps(): void {
    this.#now = Math.max(this.#now, this.#parts.now());
    if (this.#windows && this.#windows.last !== null) {
      for (const due of this.#windows.passTo(this.#now)) {
        this.#run.window(due);
        this.#isDirty = true;
        this.#isBehind = true;
      }
    }
    if (this.#parts.declaration.punctuateMs === null) return;
    this.#run.eventTime.look(this.#now);
    if (runAll(this.#run.duePunctuations(this.#now)) === 0) return;
    this.#isDirty = true;
    this.#isBehind = true;
  }

  #sink(): Sink {
    const { realm, report } = this.#parts;
    const { outcome } = realm;
    return {
      stepped: () => {
        for (let at = 0; at < outcome.count; at++) {
          if (!this.#outputs.add(outcome, at))
            throw new LabError('bad-input', `It emitted to “${String(outcome.outputs[at])}”, which it has not declared.`);
          const name = outcome.outputs[at]!;
          this.totals.out[name] = (this.totals.out[name] ?? 0) + 1;
        }
        for (let at = 0; at < outcome.changes; at++) {
          const name = `${outcome.changedStores[at]}/${outcome.changedKeys[at]}`;
          const json = outcome.changedValues[at]!;
          this.#changed.set(name, json);
          this.#changedBytes += name.length + (json?.length ?? 0);
        }
        if (outcome.count > 0) report.emitted(outcome, this.shard, this.#current, this.#now);
        if (outcome.log !== null) report.log(JSON.parse(outcome.log) as string[], this.#now);
      },
      failed: (step: string, { message, place }: Failure) => report.failed(this.shard, step, message, place, this.#now),
      bad: (shard, record, reasons) => {
        this.#outputs.addBad(record, reasons);
        this.totals.bad++;
        report.bad(shard, record, reasons, this.#now);
      },
    };
  }

  /** `isLast`: all of it, now. */
  async #commitWhatIsDue(isLast: boolean): Promise<void> {
    const { guarantee, now } = this.#parts;
    const isLarge = this.#outputs.bytes + this.#changedBytes >= COMMIT_BYTES / 2 || this.#uncommitted >= this.#parts.eventsAtOnce;
    const isLate = isLast || now() - this.#positionsAt >= POSITIONS_MS;
    if (!this.#isDirty && !(this.#isBehind && isLate && guarantee === 'at-least-once')) return;
    if (guarantee === 'at-most-once' && !isLarge && !isLate) return;
    while (this.#commits.size >= (isLarge ? COMMITS_MAX : 1)) await Promise.race(this.#commits);
    if (this.#outbox.bytes >= OUTBOX_BYTES_MAX) await this.#outbox.drainedBelow(OUTBOX_BYTES_MAX);
    this.#assertSound();
    this.#commit(guarantee === 'exactly-once' || (guarantee === 'at-least-once' && isLate), true);
    if (isLate) this.#positionsAt = now();
  }

  /** What is in memory of the inputs counts as processed before it is. */
  async #commitPositionsAhead(): Promise<void> {
    const held = this.#inputs.filter((input) => input.heldUpTo > (this.#ahead.get(input) ?? 0n));
    if (held.length === 0) return;
    for (const input of held) this.#ahead.set(input, input.heldUpTo);
    this.#commit(true, false);
    await Promise.all(this.#commits);
    this.#assertSound();
  }

  /** One commit; it is under way when this returns. */
  #commit(withPositions: boolean, withResults: boolean): void {
    const timestamp = BigInt(Math.floor(this.#parts.now()));
    const isExact = this.#parts.guarantee === 'exactly-once';
    const outgoing = withResults ? this.#outputs.take() : [];
    const elsewhere = outgoing.filter(({ brokerId }) => brokerId !== this.#task.homeId);
    const entries = isExact ? elsewhere.map((batch) => this.#outbox.entryOf(batch)) : [];
    const batches: { shardId: number; bytes: Uint8Array; expectedOffset?: bigint }[] = outgoing
      .filter(({ brokerId }) => brokerId === this.#task.homeId)
      .map((batch) => ({ shardId: batch.shardId, bytes: encoded(batch) }));

    const state: NewRecord[] = [];
    if (withResults) {
      for (const [name, json] of this.#changed) state.push(storeRecord(name, json, timestamp));
      this.#changed = new Map();
      this.#changedBytes = 0;
    }
    for (const entry of entries) state.push(outboxRecord(entry, timestamp));
    const at = this.#end;
    if (withPositions) {
      state.push(...this.#slice(at, timestamp));
      state.push(taskRecord(this.#saved(), timestamp));
      const positions = this.#inputs.map((input) => this.#positionOf(input, withResults));
      batches.push({
        shardId: this.#task.positionsShardId,
        bytes: encodeBatch({ records: positions.map((each) => positionRecord(each, each, timestamp)) }),
      });
    }
    for (const records of parted(state)) {
      const bytes = encodeBatch({ records });
      batches.push({ shardId: this.#task.stateShardId, bytes, expectedOffset: this.#end });
      this.#end += BigInt(records.length);
      this.#grown += bytes.length;
      if (this.#sum) this.#sum.bytes += bytes.length;
    }
    const arrivals = withResults ? this.#arrivals : [];
    if (withResults) {
      this.#arrivals = [];
      this.#uncommitted = 0;
      this.#isDirty = false;
      if (withPositions) this.#isBehind = false;
    }
    const work = this.#send(batches, isExact ? [] : elsewhere)
      .then(() => this.#committed(arrivals, entries, at, withPositions))
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.#commits.delete(work));
    this.#commits.add(work);
  }

  async #send(batches: { shardId: number; bytes: Uint8Array }[], elsewhere: ReturnType<Outputs['take']>): Promise<void> {
    for (const batch of elsewhere) {
      await this.#parts.brokers.get(batch.brokerId)!.append({ batches: [{ shardId: batch.shardId, bytes: encoded(batch) }], underWay: 1 });
    }
    if (batches.length > 0) await this.#home.commit({ batches });
  }

  #committed(arrivals: readonly Arrival[], entries: readonly OutboxEntry[], at: bigint, withPositions: boolean): void {
    const nowUs = this.#parts.now() * 1_000;
    for (const { appendTimeUs, events } of arrivals) this.#parts.latency.add(Math.max(0, nowUs - Number(appendTimeUs)) / 1_000, events);
    if (entries.length > 0) this.#outbox.send(entries, at);
    if (withPositions && this.#sum?.isDone) this.#trim(this.#sum);
  }

  #trim({ from, bytes }: { from: bigint; bytes: number }): void {
    const { keptFrom } = this.#outbox;
    this.#sum = null;
    this.#summed = bytes;
    this.#grown = bytes;
    const offset = keptFrom !== null && keptFrom < from ? keptFrom : from;
    void this.#home.trimBefore({ shardId: this.#task.stateShardId, offset }).catch(() => {});
  }

  /** Some more entries of the stores, where the state stream is being summed up: once all were written anew, what is older can go. */
  #slice(at: bigint, timestamp: bigint): NewRecord[] {
    const { realm } = this.#parts;
    if (!this.#sum) {
      if (this.#grown - this.#summed < SNAPSHOT_AFTER_BYTES || this.#grown < SNAPSHOT_SHARE * this.#summed) return [];
      this.#sum = { from: at, bytes: 0, isDone: false };
      realm.beginEntries(this.shard);
    }
    const slice: NewRecord[] = [];
    for (let bytes = 0; bytes < SLICE_BYTES && !this.#sum.isDone;) {
      realm.nextEntries(this.shard, SLICE_ENTRIES);
      const { entries } = realm;
      if (entries.count === 0) this.#sum.isDone = true;
      for (let index = 0; index < entries.count; index++) {
        const json = entries.values[index]!;
        slice.push(storeRecord(`${entries.stores[index]}/${entries.keys[index]}`, json, timestamp));
        bytes += json.length;
      }
    }
    return slice;
  }

  #saved(): SavedTask {
    const run = { eventTime: this.#run.eventTime.saved, window: this.#windows?.last ?? null, punctuate: this.#run.punctuated };
    return { run, totals: this.totals, ...this.#outbox.saved };
  }

  /** `isThrough`: all that was taken is processed; else what is in memory counts as that, too. */
  #positionOf(input: Input, isThrough: boolean): Parameters<typeof positionRecord>[0] & { offset: bigint; of: string } {
    const offset = isThrough ? input.position : (this.#ahead.get(input) ?? input.position);
    return { reader: this.#parts.reader, stream: input.stream, shard: this.shard, offset, of: this.#task.validWith };
  }

  async #awaitWork(signal: AbortSignal): Promise<void> {
    const now = this.#parts.now();
    const dues = [
      this.#windows?.next ?? null,
      this.#isDirty || this.#isBehind ? this.#positionsAt + POSITIONS_MS : null,
      this.#idleLook(now),
    ];
    const ms = Math.max(0, Math.min(AWAIT_MS, ...dues.filter((due) => due !== null).map((due) => due - now)));
    const gone = new AbortController();
    const woken = Promise.withResolvers<void>();
    this.#wake = woken.resolve;
    const timer = setTimeout(woken.resolve, ms);
    const awaited = this.#inputs.filter(({ isBounded }) => !isBounded);
    const byBroker = Map.groupBy(awaited, ({ brokerId }) => brokerId);
    for (const [brokerId, inputs] of byBroker) {
      this.#parts.brokers
        .get(brokerId)!
        .awaitMore({ places: inputs.map(({ awaited }) => awaited), ms: AWAIT_MS }, { signal: gone.signal })
        .then(() => inputs.forEach((input) => input.woken()))
        .catch((error: unknown) => {
          if (!gone.signal.aborted) this.#fail(error);
        })
        .finally(woken.resolve);
    }
    try {
      if (!signal.aborted) await woken.promise;
    } finally {
      clearTimeout(timer);
      gone.abort();
      this.#wake = null;
    }
    this.#assertSound();
  }

  /** Where event time may go on because an input is silent: when to look. */
  #idleLook(now: number): number | null {
    return this.#parts.declaration.punctuateMs !== null && this.#inputs.length > 1 ? now + POSITIONS_MS : null;
  }

  /** Writes that this life begins. Answers where its state ends. */
  async #begin(): Promise<bigint> {
    const shardId = this.#task.stateShardId;
    for (let tries = 1; ; tries++) {
      const [bounds] = await this.#home.bounds({ shardIds: [shardId] });
      const end = bounds!.endOffset;
      const bytes = encodeBatch({ records: [beginRecord(this.#parts.pid, BigInt(this.#parts.now()))] });
      try {
        await this.#home.commit({ batches: [{ shardId, bytes, expectedOffset: end }] });
        this.#end = end + 1n;
        return end;
      } catch (error) {
        if (toLabError(error).code !== 'fenced' || tries === BEGIN_TRIES) throw error;
      }
    }
  }

  async #readState(end: bigint): Promise<{ saved: SavedTask; outbox: { entry: OutboxEntry; at: bigint }[]; entries: number }> {
    const shardId = this.#task.stateShardId;
    const [bounds] = await this.#home.bounds({ shardIds: [shardId] });
    let saved = NO_SAVED;
    const outbox: { entry: OutboxEntry; at: bigint }[] = [];
    let entries = 0;
    for (let from = bounds!.startOffset; from < end;) {
      const { batches } = await this.#home.fetch({ shardId, from, bytesMax: RESTORE_BYTES });
      if (batches.length === 0) break;
      await this.#parts.burst(() => {
        for (const batch of batches) {
          this.#grown += batch.sizeBytes;
          for (const record of decodeStored(batch)) {
            const entry = changelogEntry(record);
            if (entry?.kind === 'store') {
              this.#parts.realm.restore(this.shard, entry.store, entry.key, entry.json);
              entries++;
            } else if (entry?.kind === 'task') saved = entry.saved;
            else if (entry?.kind === 'outbox') outbox.push({ entry: entry.entry, at: batch.baseOffset });
          }
        }
      });
      from = batches.at(-1)!.lastOffset + 1n;
    }
    return { saved, outbox, entries };
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  #assertSound(): void {
    if (this.#failure) throw this.#failure;
  }
}

/** Records of one commit in batches that are not larger than they may be. */
function parted(records: readonly NewRecord[]): NewRecord[][] {
  const parts: NewRecord[][] = [];
  let bytes = Infinity;
  for (const record of records) {
    const own = (record.key?.length ?? 0) + (record.value?.length ?? 0);
    if (bytes + own > COMMIT_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(record);
    bytes += own;
  }
  return parts;
}

/** Steps that are taken as they are asked for; answers how many. */
function runAll(steps: Iterable<unknown>): number {
  let count = 0;
  for (const _ of steps) count++;
  return count;
}
