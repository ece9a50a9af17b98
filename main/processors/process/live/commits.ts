/**
 * The commits of one task: when one is due, what is in it, and what follows from it.
 *
 * exactly-once   Outputs, state and positions are one commit; what is for other brokers goes through the outbox (outbox.ts).
 * at-least-once  Outputs and state are written as they come, positions each POSITIONS_MS: after a crash events come again.
 * at-most-once   Positions are written before the events are processed, outputs and state each POSITIONS_MS: after a crash they are missing.
 */
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import { encodeBatch, type NewRecord, positionRecord } from '../../../log/index.ts';
import type { LiveTask } from '../../processorContract.ts';
import type { SavedShardRun } from '../shardRun.ts';
import { type OutboxEntry, outboxRecord, storeRecord, taskRecord } from './changelog.ts';
import type { Arrival, Input } from './input.ts';
import { type Outbox, OUTBOX_BYTES_MAX } from './outbox.ts';
import { encoded, type OutgoingBatch } from './outputs.ts';
import type { StateStream } from './stateStream.ts';
import type { Sum } from './stateSum.ts';
import type { Health, TaskParts } from './taskParts.ts';
import type { Taken, Uncommitted } from './uncommitted.ts';

/** Commits under way; a small one waits for the one before it, and is larger by then. */
const COMMITS_MAX = 3;
/** Without the guarantee of exactly once: how often positions, or outputs, are written, milliseconds. */
const POSITIONS_MS = 1_000;

const NOTHING: Taken = { outgoing: [], changed: new Map(), arrivals: [] };

export interface CommitsOptions {
  task: LiveTask;
  parts: TaskParts;
  home: BrokerClient;
  inputs: readonly Input[];
  uncommitted: Uncommitted;
  state: StateStream;
  outbox: Outbox;
  /** What the steps have to go on with, as of now. */
  savedRun: () => SavedShardRun;
  health: Health;
}

export class Commits {
  readonly #task: LiveTask;
  readonly #parts: TaskParts;
  readonly #home: BrokerClient;
  readonly #inputs: readonly Input[];
  readonly #uncommitted: Uncommitted;
  readonly #state: StateStream;
  readonly #outbox: Outbox;
  readonly #savedRun: () => SavedShardRun;
  readonly #health: Health;
  readonly #underWay = new Set<Promise<void>>();
  /** At most once: up to where positions were written ahead, by input. */
  readonly #ahead = new Map<Input, bigint>();
  #positionsAt: number;

  constructor({ task, parts, home, inputs, uncommitted, state, outbox, savedRun, health }: CommitsOptions) {
    this.#task = task;
    this.#parts = parts;
    this.#home = home;
    this.#inputs = inputs;
    this.#uncommitted = uncommitted;
    this.#state = state;
    this.#outbox = outbox;
    this.#savedRun = savedRun;
    this.#health = health;
    this.#positionsAt = parts.now();
  }

  /** Whether the next event of an input may be processed: at most once its position is written before it is. */
  mayTake(input: Input): boolean {
    return this.#parts.guarantee !== 'at-most-once' || input.position < (this.#ahead.get(input) ?? 0n);
  }

  /** When a commit is due though nothing more comes; null where none is. */
  get dueAt(): number | null {
    return this.#uncommitted.isDirty || this.#uncommitted.isBehind ? this.#positionsAt + POSITIONS_MS : null;
  }

  /** Resolves when all that are under way are through. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** What is in memory of the inputs counts as processed before it is. */
  async positionsAhead(): Promise<void> {
    const held = this.#inputs.filter((input) => input.heldUpTo > (this.#ahead.get(input) ?? 0n));
    if (held.length === 0) return;
    for (const input of held) this.#ahead.set(input, input.heldUpTo);
    this.#begin(NOTHING, (input) => this.#ahead.get(input) ?? input.position);
    await this.settled();
    this.#health.assertSound();
  }

  /** Begins one where it is due, as soon as it may be begun. `isLast`: all of it, now. */
  async whatIsDue(isLast: boolean): Promise<void> {
    const { guarantee, now } = this.#parts;
    const { isLarge, isDirty, isBehind } = this.#uncommitted;
    const isLate = isLast || now() - this.#positionsAt >= POSITIONS_MS;
    if (!isDirty && !(isBehind && isLate && guarantee === 'at-least-once')) return;
    if (guarantee === 'at-most-once' && !isLarge && !isLate) return;
    while (this.#underWay.size >= (isLarge ? COMMITS_MAX : 1)) await Promise.race(this.#underWay);
    if (this.#outbox.bytes >= OUTBOX_BYTES_MAX) await this.#outbox.drainedBelow(OUTBOX_BYTES_MAX);
    this.#health.assertSound();
    const withPositions = guarantee === 'exactly-once' || (guarantee === 'at-least-once' && isLate);
    this.#begin(this.#uncommitted.take(withPositions), withPositions ? (input) => input.position : null);
    if (isLate) this.#positionsAt = now();
  }

  /** It is under way when this returns. `positionOf` null where it tells no positions. */
  #begin({ outgoing, changed, arrivals }: Taken, positionOf: ((input: Input) => bigint) | null): void {
    const timestamp = BigInt(Math.floor(this.#parts.now()));
    const isExact = this.#parts.guarantee === 'exactly-once';
    const elsewhere = outgoing.filter(({ brokerId }) => brokerId !== this.#task.homeId);
    const entries = isExact ? elsewhere.map((batch) => this.#outbox.entryOf(batch)) : [];
    const batches: { shardId: number; bytes: Uint8Array; expectedOffset?: bigint }[] = outgoing
      .filter(({ brokerId }) => brokerId === this.#task.homeId)
      .map((batch) => ({ shardId: batch.shardId, bytes: encoded(batch) }));

    const at = this.#state.end;
    const state: NewRecord[] = [];
    for (const [name, json] of changed) state.push(storeRecord(name, json, timestamp));
    for (const entry of entries) state.push(outboxRecord(entry, timestamp));
    if (positionOf) {
      state.push(...this.#state.sum.slice(at, timestamp));
      state.push(taskRecord({ run: this.#savedRun(), totals: this.#uncommitted.totals, ...this.#outbox.saved }, timestamp));
      batches.push(this.#positions(positionOf, timestamp));
    }
    batches.push(...this.#state.next(state));
    // Not of one before it, which may be through while the last part of the sum is not there.
    const sum = this.#state.sum.whole;
    const work = this.#send(batches, isExact ? [] : elsewhere)
      .then(() => this.#through(arrivals, entries, at, sum))
      .catch((error: unknown) => this.#health.fail(error))
      .finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  #positions(positionOf: (input: Input) => bigint, timestamp: bigint): { shardId: number; bytes: Uint8Array } {
    const { reader } = this.#parts;
    const { shard, validWith, positionsShardId } = this.#task;
    const records = this.#inputs.map((input) => {
      const position = { reader, stream: input.stream, shard, offset: positionOf(input), of: validWith };
      return positionRecord(position, position, timestamp);
    });
    return { shardId: positionsShardId, bytes: encodeBatch({ records }) };
  }

  async #send(batches: { shardId: number; bytes: Uint8Array }[], elsewhere: readonly OutgoingBatch[]): Promise<void> {
    for (const batch of elsewhere) {
      await this.#parts.brokers.get(batch.brokerId)!.append({ batches: [{ shardId: batch.shardId, bytes: encoded(batch) }], underWay: 1 });
    }
    if (batches.length > 0) await this.#home.commit({ batches });
  }

  /** One is committed that began at this offset of the state stream, and with it, or before, the whole of a sum. */
  #through(arrivals: readonly Arrival[], entries: readonly OutboxEntry[], at: bigint, sum: Sum | null): void {
    const nowUs = this.#parts.now() * 1_000;
    for (const { appendTimeUs, events } of arrivals) this.#parts.latency.add(Math.max(0, nowUs - Number(appendTimeUs)) / 1_000, events);
    if (entries.length > 0) this.#outbox.send(entries, at);
    const from = sum && this.#state.sum.end(sum);
    if (from === null) return;
    const { keptFrom } = this.#outbox;
    this.#state.trim(keptFrom !== null && keptFrom < from ? keptFrom : from);
  }
}
