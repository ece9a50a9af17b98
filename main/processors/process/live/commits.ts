/**
 * The commits of one task: when one is due, what is in it, and what follows from it.
 *
 * exactly-once   Outputs, state and positions are one commit; what is for other brokers goes through the outbox (outbox.ts).
 * at-least-once  Outputs and state are written as they come, positions each POSITIONS_MS: after a crash events come again.
 * at-most-once   Positions are written before the events are processed, outputs and state each POSITIONS_MS: after a crash they are missing.
 */
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import { encodeBatch, positionRecord } from '../../../log/index.ts';
import type { LiveTask } from '../../processorContract.ts';
import type { SavedShardRun } from '../shardRun.ts';
import { outboxEntry, type OutboxEntry, taskEntry } from './changelog.ts';
import type { Arrival, Input } from './input.ts';
import { type Outbox, OUTBOX_BYTES_MAX } from './outbox.ts';
import type { OutgoingBatch } from './outputs.ts';
import { StateEntries } from './stateEntries.ts';
import type { StateStream } from './stateStream.ts';
import type { Sum } from './stateSum.ts';
import type { Health, TaskParts } from './taskParts.ts';
import type { Taken, Uncommitted } from './uncommitted.ts';

/** Commits under way; of small ones fewer, so that they are larger by then. */
const COMMITS_MAX = 3;
const SMALL_COMMITS_MAX = 2;
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
  /** Of the last commit what is for other brokers: those after it wait for it, or they would come to the state stream before it. */
  #sentElsewhere = Promise.resolve();
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

  /** When a commit is to be begun though nothing more comes; null where none is, or where it is {@link blocked}. */
  get dueAt(): number | null {
    const { isDirty, isBehind } = this.#uncommitted;
    return (isDirty || isBehind) && !this.blocked ? this.#positionsAt + POSITIONS_MS : null;
  }

  /** There is something to be committed, but none may begin by now: too many are under way, or too much waits for other brokers. Resolves when that may be otherwise. */
  get blocked(): Promise<unknown> | null {
    if (!this.#uncommitted.isDirty && !this.#uncommitted.isBehind) return null;
    if (this.#underWay.size >= (this.#uncommitted.isLarge ? COMMITS_MAX : SMALL_COMMITS_MAX)) return Promise.race(this.#underWay);
    return this.#outbox.bytes >= OUTBOX_BYTES_MAX ? this.#outbox.drainedBelow(OUTBOX_BYTES_MAX) : null;
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
    this.#commit(NOTHING, (input) => this.#ahead.get(input) ?? input.position);
    await this.settled();
    this.#health.assertSound();
  }

  /**
   * Begins one where it is due and not {@link blocked}. `hasMore`: events wait to be processed, so a small one need not be begun while another is
   * under way. `isLast`: of all there is, now.
   */
  begin({ hasMore = false, isLast = false }: { hasMore?: boolean; isLast?: boolean }): void {
    const { guarantee, now } = this.#parts;
    const { isLarge, isDirty, isBehind } = this.#uncommitted;
    const isLate = isLast || now() - this.#positionsAt >= POSITIONS_MS;
    if (!isDirty && !(isBehind && isLate && guarantee === 'at-least-once')) return;
    if (guarantee === 'at-most-once' && !isLarge && !isLate) return;
    if (this.blocked || (hasMore && !isLarge && this.#underWay.size > 0)) return;
    const withPositions = guarantee === 'exactly-once' || (guarantee === 'at-least-once' && isLate);
    this.#commit(this.#uncommitted.take(withPositions), withPositions ? (input) => input.position : null);
    if (isLate) this.#positionsAt = now();
  }

  /** Resolves when all that was processed is committed. */
  async last(): Promise<void> {
    for (let blocked = this.blocked; blocked; blocked = this.blocked) {
      await blocked;
      this.#health.assertSound();
    }
    this.begin({ isLast: true });
    await this.settled();
  }

  /** It is under way when this returns. `positionOf` null where it tells no positions. */
  #commit({ outgoing, changed, arrivals }: Taken, positionOf: ((input: Input) => bigint) | null): void {
    const timestamp = BigInt(Math.floor(this.#parts.now()));
    const isExact = this.#parts.guarantee === 'exactly-once';
    const elsewhere = outgoing.filter(({ brokerId }) => brokerId !== this.#task.homeId);
    const outbox = isExact ? elsewhere.map((batch) => this.#outbox.entryOf(batch)) : [];
    const batches: { shardId: number; bytes: Uint8Array; expectedOffset?: bigint }[] = outgoing
      .filter(({ brokerId }) => brokerId === this.#task.homeId)
      .map(({ shardId, batch }) => ({ shardId, bytes: batch.finish() }));

    const at = this.#state.end;
    const entries = new StateEntries(timestamp);
    for (const [store, values] of changed) for (const [key, json] of values) entries.addOfStore(store, key, json);
    for (const entry of outbox) entries.add(outboxEntry(entry));
    if (positionOf) {
      this.#state.sum.addSlice(at, entries);
      entries.add(taskEntry({ run: this.#savedRun(), totals: this.#uncommitted.totals, ...this.#outbox.saved }));
      batches.push(this.#positions(positionOf, timestamp));
    }
    batches.push(...this.#state.next(entries));
    // Not of one before it, which may be through while the last part of the sum is not there.
    const sum = this.#state.sum.whole;
    const work = this.#send(batches, isExact ? [] : elsewhere)
      .then(() => this.#through(arrivals, outbox, at, sum))
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
    const sent = this.#sentElsewhere.then(async () => {
      for (const { brokerId, shardId, batch } of elsewhere) {
        await this.#parts.brokers.get(brokerId)!.append({ batches: [{ shardId, bytes: batch.finish() }], underWay: 1 });
      }
    });
    this.#sentElsewhere = sent;
    await sent;
    if (batches.length > 0) await this.#home.commit({ batches });
  }

  /** One is committed that began at this offset of the state stream, and with it, or before, the whole of a sum. */
  #through(arrivals: readonly Arrival[], outbox: readonly OutboxEntry[], at: bigint, sum: Sum | null): void {
    const nowUs = this.#parts.now() * 1_000;
    for (const { appendTimeUs, events } of arrivals) this.#parts.latency.add(Math.max(0, nowUs - Number(appendTimeUs)) / 1_000, events);
    if (outbox.length > 0) this.#outbox.send(outbox, at);
    const from = sum && this.#state.sum.end(sum);
    if (from === null) return;
    const { keptFrom } = this.#outbox;
    this.#state.trim(keptFrom !== null && keptFrom < from ? keptFrom : from);
  }
}
