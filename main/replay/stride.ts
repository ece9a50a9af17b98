/** How far a processor may read just now: the range is read ahead of it, and each event that is due is released. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createChange, type RunParts } from './run.ts';
import { Pacer } from './pacer.ts';
import { createPassing } from './passing.ts';
import { passingOf } from './plan.ts';
import { Source } from './source.ts';

/** Events that are due so soon are released together, milliseconds. */
const SOON_MS = 5;
const LOOK_MS = 60_000;
/** Events released at once, so that a halt is not far behind. */
const RELEASED_AT_ONCE = 5_000;
const SLICE_EVENTS = 500;

export class Stride {
  readonly #parts: RunParts;
  readonly #pacer: Pacer;
  readonly #positions: ReadonlyMap<number, bigint>;
  readonly #release: (tasks: { shard: number; until: bigint }[]) => Promise<void>;
  readonly #halt = new AbortController();
  readonly #change: ReturnType<typeof createChange>;

  /** `positions`: where the processor stands, by shard. */
  constructor(
    parts: RunParts,
    speed: number | null,
    positions: ReadonlyMap<number, bigint>,
    release: (tasks: { shard: number; until: bigint }[]) => Promise<void>,
  ) {
    this.#parts = parts;
    this.#positions = positions;
    this.#release = release;
    this.#pacer = new Pacer({ speed, waitMsMax: parts.plan.wish.waitMsMax, now: parts.now });
    this.#change = createChange(parts.cluster);
  }

  get shortened(): Readonly<{ waits: number; ms: number }> {
    return this.#pacer.shortened;
  }

  setSpeed(speed: number | null): void {
    this.#pacer.setSpeed(speed);
    this.#change.wake();
  }

  halt(): void {
    this.#halt.abort();
    this.#change.wake();
  }

  /** Resolves when all is released, or it is halted. */
  async run(): Promise<void> {
    const { plan, registry, cluster, reader, progress } = this.#parts;
    const { shards } = registry.get(plan.source.stream);
    const ranges = plan.ranges.map(({ number, from, until }) => ({
      ...{ place: shards[number]!, from: this.#positions.get(number) ?? from, until },
    }));
    // The processor tells itself what it passes over.
    const source = new Source(cluster, reader, ranges, () => {});
    const { selects } = createPassing(passingOf(plan));
    let held = 0;
    const release = async (): Promise<void> => {
      held = 0;
      await this.#release([...source.positions].map(([shard, until]) => ({ shard, until })));
    };
    for (let looked = 1; !this.#halt.signal.aborted; looked++) {
      if (looked % SLICE_EVENTS === 0) await nextTurn();
      const next = source.inHand ?? (await source.peek());
      if (next === null) return release();
      if (selects(next.shard, next.record)) {
        const waitMs = this.#pacer.waitMs(next.record.timestamp);
        if (waitMs > SOON_MS) {
          if (held > 0) await release();
          progress.awaits(waitMs, next.record.timestamp);
          await this.#change.pause(Math.min(waitMs, LOOK_MS));
          continue;
        }
        progress.goesOn();
        this.#pacer.sent(next.record.timestamp);
      }
      source.take();
      if (++held >= RELEASED_AT_ONCE) await release();
    }
  }
}
