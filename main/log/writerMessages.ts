/** What a broker's two threads say to each other: the one that answers the engine (log.ts), and the one that writes (writerThread.ts). */
import { type ErrorShape, LabError, serializeError } from '../api/errors.ts';
import type { Appended, AppendOptions, BatchToAppend } from './store/append.ts';
import type { NewShard, RestoredShard, Retention, ShardState } from './store/shardTable.ts';

/** What became of one batch of an append. */
export type AppendOutcome = { ok: true; appended: Appended } | { ok: false; error: ErrorShape };

/** Its bytes lie in the queue that the threads share ({@link WriterBoot.queue}), until the answer. */
export interface BatchInQueue extends Omit<BatchToAppend, 'bytes'> {
  at: number;
  length: number;
}

/** What the writer is asked for; see Store (store/store.ts) and Committer (committer.ts), which do it. */
export interface WriterCalls {
  append(batches: readonly BatchInQueue[], underWay: number, options?: AppendOptions): Promise<AppendOutcome[]>;
  createShards(shards: readonly NewShard[]): ShardState[];
  restoreShard(id: number, restored: RestoredShard): void;
  deleteShards(ids: readonly number[]): void;
  deleteEmptyShards(ids: readonly number[]): boolean;
  setRetention(ids: readonly number[], retention: Retention): void;
  trimBefore(id: number, offset: bigint): void;
  /** Answers when the shard begins there, or it is found that the batch that holds the offset can not be written anew (store/cutter.ts). */
  beginAt(id: number, offset: bigint): Promise<void>;
  passTime(since: bigint): bigint;
  /** At once, all that readers leave free: see {@link Store.checkpoint}. */
  checkpoint(): void;
  /** Commits what waits, closes the file, and ends the thread. */
  close(): Promise<void>;
}

/** What the thread is started with. */
export interface WriterBoot {
  path: string;
  brokerId: number;
  /** The built checkpointThread.ts. */
  checkpointFile: string;
  /** The memory of a QueueMemory. */
  queue: SharedArrayBuffer;
}

/** To the writer, several at once. Calls are taken up in the order in which they were posted. */
export interface Asked {
  id: number;
  method: keyof WriterCalls;
  args: readonly unknown[];
}

export type Answer = { id: number; ok: true; value: unknown } | { id: number; ok: false; error: ErrorShape };

/** From the writer: first how its file was opened, then what has changed and been answered. Answers follow the changes that they tell of. */
export type FromWriter =
  | { type: 'opened'; shards: ShardState[] }
  | { type: 'failed'; error: ErrorShape }
  | { type: 'done'; changed: ShardState[]; gone: number[]; answers: Answer[] };

export function outcomeOf(result: Appended | LabError): AppendOutcome {
  return result instanceof LabError ? { ok: false, error: serializeError(result) } : { ok: true, appended: result };
}
