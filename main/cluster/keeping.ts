/** Shards that somebody reads from their start to an end: what they need not keep any more is trimmed when that is over. */
import type { Log } from '../log/index.ts';

/** How often it is looked whether a shard is trimmed as it was asked for, milliseconds. */
const LOOK_MS = 5;

export interface Keeping {
  trimBefore(shardId: number, offset: bigint): Promise<void>;
  keep(shardIds: readonly number[]): Promise<void>;
  keepNoMore(shardIds: readonly number[]): Promise<void>;
}

export function createKeeping(log: Pick<Log, 'trimBefore' | 'passTime' | 'reader' | 'shards'>): Keeping {
  /** How many keep a shard. */
  const kept = new Map<number, number>();
  /** What was asked for last: and waits; and was told to the log. */
  const waiting = new Map<number, bigint>();
  const told = new Map<number, bigint>();

  async function tell(shardId: number, offset: bigint): Promise<void> {
    told.set(shardId, offset);
    await log.trimBefore(shardId, offset);
  }

  /** Whether a whole batch lies before the offset still. */
  function isTrimming(shardId: number): boolean {
    const shard = log.shards().find(({ id }) => id === shardId);
    const offset = told.get(shardId);
    if (!shard || offset === undefined) return false;
    try {
      const first = log.reader.locate(shardId, { offset: shard.startOffset });
      return first !== null && first.lastOffset < offset;
    } catch {
      // It is deleted by now.
      return false;
    }
  }

  return {
    async trimBefore(shardId, offset) {
      if (kept.has(shardId)) waiting.set(shardId, offset);
      else await tell(shardId, offset);
    },
    async keep(shardIds) {
      for (const id of shardIds) kept.set(id, (kept.get(id) ?? 0) + 1);
      while (shardIds.some(isTrimming)) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      // Answered behind what the writer has told of the last trim: where the shard begins is known here, too.
      await log.passTime(0n);
    },
    async keepNoMore(shardIds) {
      for (const id of shardIds) {
        const left = (kept.get(id) ?? 1) - 1;
        if (left > 0) {
          kept.set(id, left);
          continue;
        }
        kept.delete(id);
        const offset = waiting.get(id);
        waiting.delete(id);
        if (offset !== undefined) await tell(id, offset);
      }
    },
  };
}
