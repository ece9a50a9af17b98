/**
 * A broker's log, open: reading in this thread, writing in one of its own (writerThread.ts). So reads and requests never wait for a commit
 * that waits for the disk.
 */
import { Worker } from 'node:worker_threads';
import { deserializeError, LabError } from '../api/errors.ts';
import { AppendMeter } from './appendMeter.ts';
import type { AppendOptions, BatchToAppend } from './store/append.ts';
import { StoreReader } from './store/reader.ts';
import type { ShardState } from './store/shardTable.ts';
import { QueueMemory } from './queueMemory.ts';
import { createWalSync, type Durability } from './walSync.ts';
import type { AppendOutcome, Asked, BatchInQueue, FromWriter, WriterBoot, WriterCalls } from './writerMessages.ts';

/** Batches that may wait for their acknowledgement, bytes. */
export const COMMIT_QUEUE_BYTES_MAX = 64 * 1024 * 1024;

/** The writer's calls, each answered when it is as durable as was asked for. Reject with what Store throws, and with `broker-down` after the end of the writer. */
type Writing = {
  [K in Exclude<keyof WriterCalls, 'append' | 'checkpoint'>]: (
    ...args: Parameters<WriterCalls[K]>
  ) => Promise<Awaited<ReturnType<WriterCalls[K]>>>;
};

export interface Log extends Writing {
  /**
   * The bytes are copied before it returns. Also rejects with `too-many` (retriable) while COMMIT_QUEUE_BYTES_MAX wait; then none of the
   * batches is in the log. `underWay`, `options`: see Committer (committer.ts).
   */
  append(batches: readonly BatchToAppend[], underWay: number, options?: AppendOptions): Promise<AppendOutcome[]>;
  readonly reader: StoreReader;
  /** All shards but the deleted ones, as of the last commit that was told of. What is read may be newer already. */
  shards(): ShardState[];
  /** One of {@link shards}. */
  shard(shardId: number): ShardState | undefined;
  /** The offset behind the last event of a shard that is acknowledged; undefined where there is no such shard. */
  end(shardId: number): bigint | undefined;
  /** The same of what is committed, whether it is acknowledged by now or waits for the disk. */
  committedEnd(shardId: number): bigint | undefined;
  /** Calls back when shards have changed, until the function that it returns is called. */
  onChange(changed: () => void): () => void;
  /** The same when something was committed to them. */
  onCommit(committed: () => void): () => void;
  /** Resolves when everything that was acknowledged before is that durable, too. */
  setDurability(durability: Durability): Promise<void>;
  /** From the call to the acknowledgement, milliseconds, over the last appends; null before the first. */
  appendP99Ms(): number | null;
}

export interface LogOptions extends Omit<WriterBoot, 'queue'> {
  durability: Durability;
  /** The built writerThread.ts. */
  writerFile: string;
  /** The writer has ended without being asked to, or a sync has failed: nothing can be written any more. */
  onLost: (why: string) => void;
  queueBytesMax?: number;
}

/** What writes nothing need not wait for the disk. */
const UNWRITTEN: ReadonlySet<keyof WriterCalls> = new Set(['passTime', 'trimBefore']);

interface Waiting {
  method: keyof WriterCalls;
  resolve: (value: unknown) => void;
  reject: (error: LabError) => void;
}

/** Opens or makes a broker's file; the caller holds the broker's lock. Rejects with what openStore throws. */
export async function openLog(options: LogOptions): Promise<Log> {
  const { writerFile, durability, onLost, queueBytesMax = COMMIT_QUEUE_BYTES_MAX, ...boot } = options;
  const queue = new QueueMemory(queueBytesMax);
  const writer = new Worker(writerFile, { workerData: { ...boot, queue: queue.shared } satisfies WriterBoot });
  const shards = await opened(writer);
  const byId = new Map(shards.map((shard) => [shard.id, shard]));
  const committedEnds = new Map(shards.map(({ id, nextOffset }) => [id, nextOffset]));
  const reader = new StoreReader(boot.path, (shardId) => byId.get(shardId)?.nextOffset);
  const wal = createWalSync(boot.path, durability, (error) => void lose(error));
  const waiting = new Map<number, Waiting>();
  const listeners = new Set<() => void>();
  const commitListeners = new Set<() => void>();
  const meter = new AppendMeter();
  let lastId = 0;
  /** Not posted yet. */
  let asked: Asked[] = [];
  /** Those that wait for their answers. */
  let appends = 0;
  let isClosing = false;
  let hasEnded = false;

  writer.on('message', (message: FromWriter) => {
    if (message.type !== 'done') return;
    learnCommitted(message);
    const hasWritten = message.answers.some(({ id, ok }) => ok && !UNWRITTEN.has(waiting.get(id)?.method ?? 'checkpoint'));
    if (hasWritten) wal.whenDurable(() => learn(message));
    else wal.inTurn(() => learn(message));
  });
  writer.on('error', (error: Error) => onLost(`The thread that writes ${boot.path} has failed: ${error.message}`));
  writer.on('exit', () => {
    hasEnded = true;
    wal.inTurn(() => {
      for (const { reject } of waiting.values()) reject(closed());
      waiting.clear();
    });
    if (!isClosing) onLost(`The thread that writes ${boot.path} has ended.`);
  });

  /**
   * A sync has failed. The system may hold for written what is not on the disk, and what is synced later behind it in the write-ahead log
   * would be lost with it. In the file it is written once more; then whoever started this opens it anew.
   */
  async function lose({ message }: Error): Promise<void> {
    const id = ++lastId;
    const tried = new Promise<void>((resolve) => {
      // Not through `learn`: nothing of what comes now may be acknowledged.
      writer.on('message', (told: FromWriter) => {
        if (told.type === 'done' && told.answers.some((answer) => answer.id === id)) resolve();
      });
    });
    writer.postMessage([{ id, method: 'checkpoint', args: [] }] satisfies Asked[]);
    await tried;
    onLost(`${boot.path} could not be synced: ${message}`);
  }

  function learnCommitted({ changed, gone }: FromWriter & { type: 'done' }): void {
    for (const { id, nextOffset } of changed) committedEnds.set(id, nextOffset);
    for (const id of gone) committedEnds.delete(id);
    if (changed.length + gone.length > 0) commitListeners.forEach((committed) => committed());
  }

  function learn(message: FromWriter & { type: 'done' }): void {
    for (const shard of message.changed) byId.set(shard.id, shard);
    for (const id of message.gone) byId.delete(id);
    for (const answer of message.answers) {
      const call = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.ok) call?.resolve(answer.value);
      else call?.reject(deserializeError(answer.error));
    }
    if (message.changed.length + message.gone.length > 0) listeners.forEach((changed) => changed());
  }

  /** All that came in this turn of the event loop at once: what a message costs is most of all that it is one, and together they are a commit. */
  function post(): void {
    writer.postMessage(asked);
    asked = [];
  }

  function ask<K extends keyof WriterCalls>(method: K, args: Parameters<WriterCalls[K]>): Promise<Awaited<ReturnType<WriterCalls[K]>>> {
    if (hasEnded || isClosing) return Promise.reject(closed());
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = ++lastId;
    waiting.set(id, { method, resolve, reject });
    if (asked.push({ id, method, args }) === 1) setImmediate(post);
    return promise as Promise<Awaited<ReturnType<WriterCalls[K]>>>;
  }

  return {
    reader,
    shards: () => [...byId.values()],
    shard: (shardId) => byId.get(shardId),
    end: (shardId) => byId.get(shardId)?.nextOffset,
    committedEnd: (shardId) => committedEnds.get(shardId),
    onChange(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    onCommit(committed) {
      commitListeners.add(committed);
      return () => commitListeners.delete(committed);
    },
    appendP99Ms: () => meter.p99Ms(),
    async append(batches, underWay, options = {}) {
      const bytes = batches.reduce((sum, batch) => sum + batch.bytes.length, 0);
      const at = queue.take(bytes);
      if (at === null) {
        const message = `More than ${queueBytesMax} bytes wait to be committed (COMMIT_QUEUE_BYTES_MAX).`;
        throw new LabError('too-many', message, { retriable: true });
      }
      const began = performance.now();
      appends += 1;
      try {
        // A producer knows of its own alone.
        const outcomes = await ask('append', [copied(batches, queue.bytes, at), Math.max(underWay, appends), options]);
        meter.add(performance.now() - began);
        return outcomes;
      } finally {
        appends -= 1;
        queue.giveBack(at, bytes);
      }
    },
    createShards: (...args) => ask('createShards', args),
    restoreShard: (...args) => ask('restoreShard', args),
    deleteShards: (...args) => ask('deleteShards', args),
    deleteEmptyShards: (...args) => ask('deleteEmptyShards', args),
    setRetention: (...args) => ask('setRetention', args),
    trimBefore: (...args) => ask('trimBefore', args),
    beginAt: (...args) => ask('beginAt', args),
    passTime: (...args) => ask('passTime', args),
    setDurability(changed) {
      wal.durability = changed;
      return new Promise((resolve) => wal.whenDurable(resolve));
    },
    async close() {
      // Before the writer hears of it: who closes the file last empties the write-ahead log, which a reader can not.
      reader.close();
      const answered = ask('close', []);
      isClosing = true;
      const ended = hasEnded ? undefined : new Promise((resolve) => writer.once('exit', resolve));
      await answered;
      await ended;
      await new Promise<void>((resolve) => wal.inTurn(resolve));
      wal.close();
    },
  };
}

/** The shards that it found in its file. */
function opened(writer: Worker): Promise<ShardState[]> {
  const { promise, resolve, reject } = Promise.withResolvers<ShardState[]>();
  writer.once('message', (message: FromWriter) => {
    if (message.type === 'opened') resolve(message.shards);
    if (message.type === 'failed') reject(deserializeError(message.error));
  });
  writer.once('error', reject);
  writer.once('exit', () => reject(closed()));
  return promise;
}

/** Into the queue, one behind the other. */
function copied(batches: readonly BatchToAppend[], queue: Buffer, from: number): BatchInQueue[] {
  let at = from;
  return batches.map(({ bytes, ...batch }) => {
    // Not `set`: V8 copies to shared memory byte after byte, twelve times as long.
    queue.fill(bytes, at, at + bytes.length);
    at += bytes.length;
    return { ...batch, at: at - bytes.length, length: bytes.length };
  });
}

function closed(): LabError {
  return new LabError('broker-down', 'The broker is closing: it takes no more records.');
}
