/** Settles the order of a rehearsal: reads its shards from end to end, and writes the tape, in slices. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { toLabError } from '../../api/errors.ts';
import { REHEARSAL_EVENTS_MAX, type RehearsalOrder } from '../../api/rehearsals.ts';
import type { BrokerClient } from '../../cluster/brokerLink.ts';
import { nextShardBy } from './orders.ts';
import { fetchBytesOf, type RecordedPlace, RecordedShard } from './recorded.ts';
import { TapeWriter } from './tape.ts';

/** Between two turns of the event loop, milliseconds; and between two moments at which others see what is new. */
const SLICE_MS = 8;
const FLUSH_MS = 50;
/** Problems that are told; the rest is counted. */
const PROBLEMS_MAX = 20;

export interface Settled {
  positions: number;
  isWhole: boolean;
  problems: string[];
}

export class Settling {
  readonly #tape: TapeWriter;
  readonly #shards: RecordedShard[];
  readonly #order: RehearsalOrder;
  readonly #problems: string[] = [];
  #more = 0;
  #isWhole = false;
  #positions = 0;

  constructor(
    file: string,
    order: RehearsalOrder,
    inputs: readonly RecordedPlace[],
    brokers: ReadonlyMap<number, Pick<BrokerClient, 'fetch'>>,
  ) {
    this.#order = order;
    this.#tape = new TapeWriter(
      file,
      inputs.map(({ from }) => from),
    );
    const bytesMax = fetchBytesOf(inputs.length);
    this.#shards = inputs.map((input) => new RecordedShard(input, brokers.get(input.brokerId)!, bytesMax, (why) => this.#say(why)));
  }

  get settled(): Settled {
    const more = this.#more > 0 ? [`And ${this.#more} more of such.`] : [];
    return { positions: this.#positions, isWhole: this.#isWhole, problems: [...this.#problems, ...more] };
  }

  /** Ends at the end, where something was trimmed, or at the limit; each is said. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#settle(signal);
    } catch (error) {
      const { code, message } = toLabError(error);
      const end =
        code === 'offset-out-of-range' ? 'The rehearsal ends before them; set up anew, it has what is left.' : 'The rehearsal ends there.';
      this.#say(`${message} ${end}`);
    } finally {
      this.#flush();
      this.#tape.close();
      this.#isWhole = true;
    }
  }

  async #settle(signal: AbortSignal): Promise<void> {
    const nextShard = nextShardBy(this.#order);
    let flushedAt = performance.now();
    let until = flushedAt + SLICE_MS;
    for (let count = 0; !signal.aborted; count++) {
      if ((count & 63) === 63 && performance.now() > until) {
        if (performance.now() - flushedAt > FLUSH_MS) {
          this.#flush();
          flushedAt = performance.now();
        }
        await nextTurn();
        until = performance.now() + SLICE_MS;
      }
      for (const shard of this.#shards) if (shard.isHungry) await shard.fill();
      const next = nextShard(this.#shards);
      if (next < 0) return;
      if (this.#tape.positions === REHEARSAL_EVENTS_MAX) {
        this.#say(`A rehearsal has at most ${REHEARSAL_EVENTS_MAX.toLocaleString('en')} events (REHEARSAL_EVENTS_MAX): it ends there.`);
        return;
      }
      const shard = this.#shards[next]!;
      this.#tape.add(next, shard.head!.offset, shard.head!.timestamp);
      shard.take();
    }
  }

  #flush(): void {
    this.#tape.flush();
    this.#positions = this.#tape.positions;
  }

  #say(problem: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(problem);
    else this.#more++;
  }
}
