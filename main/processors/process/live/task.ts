/**
 * One task of a live processor: the events of one shard of each input, one step after the other (taskSteps.ts), and the commit of what came of
 * them (commits.ts). Everything it has to go on with after a crash is in its shard of the state stream (stateStream.ts) and among the
 * positions (log/positions.ts).
 */
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import type { LogRecord } from '../../../log/index.ts';
import { EVENTS_AT_ONCE_MAX, type LiveTask } from '../../processorContract.ts';
import type { Totals } from './changelog.ts';
import { Commits } from './commits.ts';
import { Input, type InputOptions } from './input.ts';
import { Outbox } from './outbox.ts';
import { StateStream } from './stateStream.ts';
import type { Health, TaskParts } from './taskParts.ts';
import { TaskSteps } from './taskSteps.ts';
import { Uncommitted } from './uncommitted.ts';
import { Waiting } from './waiting.ts';

/** Bytes fetched ahead for one input, and for all inputs of all tasks together. */
const FETCH_BYTES = 1024 * 1024;
const FETCH_BYTES_TOTAL = 32 * 1024 * 1024;
const FETCH_BYTES_MIN = 64 * 1024;

interface Standing {
  reached: () => void;
  goOn: Promise<void>;
}

export class Task {
  readonly shard: number;
  readonly #task: LiveTask;
  readonly #parts: TaskParts;
  readonly #home: BrokerClient;
  readonly #health: Health;
  #inputs: readonly Input[] = [];
  #uncommitted!: Uncommitted;
  #commits!: Commits;
  #steps!: TaskSteps;
  #outbox!: Outbox;
  #waiting!: Waiting;
  /** It is to stand still: whom to tell when it does, and until when. */
  #standing: Standing | null = null;

  constructor(task: LiveTask, parts: TaskParts) {
    this.shard = task.shard;
    this.#task = task;
    this.#parts = parts;
    this.#home = parts.brokers.get(task.homeId)!;
    // What fails may do so before there is anything to wake.
    this.#health = createHealth(() => (this.#waiting as Waiting | undefined)?.wake());
  }

  get inputs(): readonly Input[] {
    return this.#inputs;
  }

  get totals(): Totals {
    return this.#uncommitted.totals;
  }

  /** How far event time has come, milliseconds; null before it has begun. */
  get streamTime(): number | null {
    return this.#steps.streamTime;
  }

  /** Takes over from an earlier life, and takes up what it knew. Answers how many entries its stores have got. */
  async restore(): Promise<number> {
    const [parts, health] = [this.#parts, this.#health];
    const state = new StateStream(this.#task, this.#home, parts);
    const { saved, outbox, entries } = await state.takeOver();
    this.#uncommitted = new Uncommitted(this.#task, parts, saved.totals);
    this.#outbox = new Outbox({ producerId: this.#task.producerId, brokers: parts.brokers, saved, failed: (error) => health.fail(error) });
    this.#inputs = await this.#inputsFromPositions();
    this.#waiting = new Waiting(this.#inputs, parts.brokers, health);
    const shared = { parts, inputs: this.#inputs, uncommitted: this.#uncommitted };
    this.#commits = new Commits({
      ...shared,
      task: this.#task,
      home: this.#home,
      state,
      outbox: this.#outbox,
      savedRun: () => this.#steps.saved,
      health,
    });
    this.#steps = new TaskSteps({ ...shared, shard: this.shard, saved: saved.run, mayTake: (input) => this.#commits.mayTake(input) });
    this.#outbox.send(
      outbox.filter(({ entry }) => !this.#outbox.isSent(entry)).map(({ entry }) => entry),
      outbox[0]?.at ?? 0n,
    );
    return entries;
  }

  /** Of a replay: its input is read so far from now on. */
  raise(until: bigint): void {
    for (const input of this.#inputs) input.raise(until);
    this.#waiting.wake();
  }

  /** Resolves when all that it has is committed and sent, and nothing more will be until `goOn`. */
  hold(goOn: Promise<void>): Promise<void> {
    return new Promise((reached) => {
      this.#standing = { reached, goOn };
      this.#waiting.wake();
    });
  }

  /** Goes on until the signal aborts; then commits what it has. Rejects with why it can not go on. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#waiting.wake();
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        await this.#turn(signal);
        if (this.#standing && this.#mayStand) await this.#stand(this.#standing, signal);
      }
      await this.#commitAll();
    } finally {
      signal.removeEventListener('abort', stop);
      this.#waiting.close();
    }
  }

  /** What counts as processed already is, before it stands still. */
  get #mayStand(): boolean {
    return this.#parts.guarantee !== 'at-most-once' || !this.#steps.hasNext;
  }

  async #stand(standing: Standing, signal: AbortSignal): Promise<void> {
    await this.#commitAll();
    standing.reached();
    let isOver = false;
    const over = standing.goOn.then(() => void (isOver = true));
    while (!isOver && !signal.aborted) {
      await this.#waiting.until(over);
      this.#health.assertSound();
    }
    if (this.#standing === standing) this.#standing = null;
  }

  /** All that was processed, and what of it is for other brokers. */
  async #commitAll(): Promise<void> {
    await this.#commits.last();
    await this.#outbox.drainedBelow(1);
    this.#health.assertSound();
  }

  /** Some steps, and a commit where one may begin: while others are under way the steps go on. Waits where there is nothing else to do. */
  async #turn(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#inputs.filter((input) => input.isHungry).map((input) => input.fill()));
    if (this.#parts.guarantee === 'at-most-once' && !this.#standing) await this.#commits.positionsAhead();
    await this.#parts.burst(() => this.#steps.burst());
    this.#health.assertSound();
    if (signal.aborted) return;
    this.#commits.begin({ hasMore: this.#steps.hasMore });
    if (this.#parts.eventsAtOnce < EVENTS_AT_ONCE_MAX) await this.#commits.settled();
    this.#health.assertSound();
    if (this.#uncommitted.isFull) await this.#commits.blocked;
    else if (!this.#steps.hasMore && !this.#standing) await this.#awaitWork();
    this.#health.assertSound();
  }

  async #inputsFromPositions(): Promise<Input[]> {
    const { brokers, guarantee, inputsTotal, reader, report, now, replay } = this.#parts;
    const { homeId, positionsShardId, validWith, inputs } = this.#task;
    const positions = await this.#home.positions({ shardId: positionsShardId, reader });
    const valid = positions.filter(({ of, shard }) => of === validWith && shard === this.shard);
    const bytesMax = Math.max(FETCH_BYTES_MIN, Math.min(FETCH_BYTES, Math.floor(FETCH_BYTES_TOTAL / inputsTotal)));
    return inputs.map((input) => {
      const from = valid.find(({ stream }) => stream === input.stream)?.offset ?? input.start;
      const broker = brokers.get(input.brokerId)!;
      const onGap: InputOptions['onGap'] = (why, gap) => report.gap({ stream: input.stream, shard: this.shard, ...gap, why }, now());
      const pass = (record: LogRecord): LogRecord | null => replay!.pass(this.shard, record);
      // What comes of an event is committed to the file where the event is, behind it: it need not wait until the event is on the disk, too.
      const upTo = guarantee === 'exactly-once' && input.brokerId === homeId ? 'committed' : 'highWatermark';
      const bound = input.until === undefined ? undefined : { until: input.until, pass };
      return new Input({ ...input, broker, upTo, from, bytesMax, onGap, bound });
    });
  }

  async #awaitWork(): Promise<void> {
    const now = this.#parts.now();
    const dues = [this.#steps.dueAt(now), this.#commits.dueAt].filter((due) => due !== null);
    await this.#waiting.forMore(Math.min(...dues) - now, this.#commits.blocked);
  }
}

/** `failed`: something has. */
function createHealth(failed: () => void): Health {
  let first: { error: unknown } | null = null;
  return {
    fail(error) {
      first ??= { error };
      failed();
    },
    assertSound() {
      if (first) throw first.error;
    },
  };
}
