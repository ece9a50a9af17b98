/**
 * Fills the index of one stream from the log, off the path of appends: it reads on from where each shard was left, as anyone reads, in slices
 * short enough that the engine's thread stays free for others.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { LabError, toLabError } from '../api/errors.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import { decodeStored, guarded, type ShardState, type StoredBatch } from '../log/index.ts';
import type { StreamPlaces } from '../streams/streamPlaces.ts';
import type { Entry } from './entries.ts';
import { eventTimeReader } from './eventTimeOf.ts';
import { IndexFile, isRebuildable, removeIndexFile } from './indexFile.ts';

/** Batches that are fetched at once, bytes, unless a single one is larger. */
const FETCH_BYTES_MAX = 256 * 1024;
/** Events that are put into the index in one transaction: as many as SLICE_MS allow, within these bounds. */
const [SLICE_EVENTS_MIN, SLICE_EVENTS_MAX] = [64, 4_096];
/** A slice of reading, or of writing, takes about so long, milliseconds; then the thread is given back. */
const SLICE_MS = 4;
/** After a failure that may pass, milliseconds. */
const RETRY_MS = 2_000;
/** Least time between two trims of the index, milliseconds. */
const TRIM_INTERVAL_MS = 1_000;

export interface Follower {
  readonly field: string;
  /** Throws while it can not be opened. */
  index(): IndexFile;
  problem(): string | null;
  /** Events of the log that it has not come to. */
  waiting(): number;
  /** Something may have come, or gone. */
  wake(): void;
  /** Reading the index has shown that it is damaged: it is made again. */
  drop(): void;
  /** Ends it; the file stays, or goes. */
  close(removing: boolean): Promise<void>;
}

export interface FollowerOptions {
  /** The stream as it is now. */
  stream: () => StreamPlaces;
  field: string;
  file: string;
  cluster: Cluster;
  changed: () => void;
}

export function createFollower({ stream, field, file, cluster, changed }: FollowerOptions): Follower {
  const timeOf = eventTimeReader(field);
  let index: IndexFile | null = null;
  let problem: string | null = null;
  let closed = false;
  let wake: (() => void) | null = null;
  let isWoken = false;
  let isDamaged = false;
  let sliceEvents = SLICE_EVENTS_MIN;
  let rebuiltAt = -Infinity;
  let trimmedAt = -Infinity;
  let trimmedTo: number[] = [];
  const ended = run();

  function open(): IndexFile {
    return guarded(file, () => {
      mkdirSync(path.dirname(file), { recursive: true });
      return IndexFile.open(file, { streamId: stream().id, field });
    });
  }

  async function run(): Promise<void> {
    while (!closed) {
      isWoken = false;
      try {
        if (isDamaged) rebuild();
        index ??= open();
        const isBusy = await round();
        if (problem !== null) say(null);
        if (isBusy) continue;
        await news(trimDue() ? TRIM_INTERVAL_MS : null);
      } catch (thrown) {
        if (closed) return;
        if (isDamage(thrown)) {
          // What is damaged as soon as it is made must not be made without end.
          if (performance.now() - rebuiltAt < RETRY_MS) {
            say(toLabError(thrown).message);
            await news(RETRY_MS);
          }
          rebuild();
        } else {
          const error = toLabError(thrown);
          // A broker that is away is said elsewhere, and tells when it is back.
          if (error.code !== 'broker-down') say(error.message);
          await news(RETRY_MS);
        }
      }
    }
  }

  function say(sentence: string | null): void {
    problem = sentence;
    changed();
  }

  /** Dropped, to be made again from the log. */
  function rebuild(): void {
    rebuiltAt = performance.now();
    isDamaged = false;
    trimmedTo = [];
    index?.close();
    index = null;
    removeIndexFile(file);
    changed();
  }

  /** Waits until it is woken, or for so long, milliseconds. */
  async function news(ms: number | null): Promise<void> {
    if (isWoken || closed) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (ms !== null) timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    wake = null;
  }

  /** Some of each shard; true where there may be more. */
  async function round(): Promise<boolean> {
    let isBusy = false;
    for (const place of stream().shards) {
      const state = cluster.state(place);
      if (closed || !state || !cluster.isUp(place.brokerId)) continue;
      // What this index was made of is not what is there.
      if (BigInt(index!.nextOffset(place.number)) > state.nextOffset) {
        rebuild();
        return true;
      }
      isBusy = (await read(place, state)) || isBusy;
    }
    await trim();
    return isBusy;
  }

  async function read(place: ShardPlace, { startOffset, nextOffset }: ShardState): Promise<boolean> {
    const known = BigInt(index!.nextOffset(place.number));
    const from = known > startOffset ? known : startOffset;
    if (from >= nextOffset) return false;
    const { batches } = await cluster.fetch(place, from, FETCH_BYTES_MAX).catch((thrown: unknown) => {
      // Trimmed meanwhile: the next round begins where the shard does then.
      if (thrown instanceof LabError && thrown.code === 'offset-out-of-range') return { batches: [] };
      throw thrown;
    });
    for (const batch of batches) {
      if (closed) return false;
      await take(place.number, batch, Number(from));
    }
    return batches.length > 0;
  }

  async function take(shard: number, batch: StoredBatch, from: number): Promise<void> {
    const end = Number(batch.lastOffset) + 1;
    let entries: Entry[] = [];
    let since = performance.now();
    for (const { offset, value } of recordsOf(batch)) {
      if (offset < from) continue;
      entries.push({ time: timeOf(value), shard, offset });
      if (entries.length >= sliceEvents) {
        await add(shard, entries, offset + 1);
        entries = [];
        since = performance.now();
      } else if (entries.length % 32 === 0 && performance.now() - since > SLICE_MS) {
        await breath();
        since = performance.now();
      }
      if (closed) return;
    }
    await add(shard, entries, end);
  }

  /** Fewer at once where they take long, as where each goes to another place of a large order. */
  async function add(shard: number, entries: readonly Entry[], nextOffset: number): Promise<void> {
    await breath();
    if (closed) return;
    const since = performance.now();
    index!.add(shard, entries, nextOffset);
    const tookMs = performance.now() - since;
    if (tookMs > SLICE_MS) sliceEvents = Math.max(SLICE_EVENTS_MIN, sliceEvents >> 1);
    else if (entries.length >= sliceEvents && tookMs < SLICE_MS / 2) sliceEvents = Math.min(SLICE_EVENTS_MAX, sliceEvents * 2);
    changed();
    await breath();
  }

  /** Where the shards begin, where that is further on than the index is trimmed to. */
  function trimDue(): number[] | null {
    const starts: number[] = [];
    for (const place of stream().shards) starts[place.number] = Number(cluster.state(place)?.startOffset ?? 0n);
    return starts.some((start, shard) => start > (trimmedTo[shard] ?? 0)) ? starts : null;
  }

  async function trim(): Promise<void> {
    const starts = performance.now() - trimmedAt < TRIM_INTERVAL_MS ? null : trimDue();
    if (!starts) return;
    trimmedAt = performance.now();
    for (const chunk of index!.trimmable(starts)) {
      await breath();
      if (closed) return;
      index!.trim(chunk, starts);
      changed();
    }
    trimmedTo = starts;
  }

  return {
    field,
    index() {
      if (index) return index;
      throw new LabError(
        'no-event-time',
        problem ?? `The order of “${stream().name}” by event time is being opened. Try again in a moment.`,
        {
          retriable: true,
        },
      );
    },
    problem: () => problem,
    waiting() {
      const { shards } = stream();
      const states = shards.flatMap((place) => cluster.state(place) ?? []);
      const isThere = states.every(({ number, nextOffset }) => BigInt(index?.nextOffset(number) ?? 0) >= nextOffset);
      if (isThere) return 0;
      const held = states.reduce((total, { recordsTotal, recordsTrimmed }) => total + Number(recordsTotal - recordsTrimmed), 0);
      return Math.max(1, held - (index?.counts(shards.map(({ number }) => number)).all ?? 0));
    },
    wake() {
      isWoken = true;
      wake?.();
    },
    drop() {
      isDamaged = true;
      this.wake();
    },
    async close(removing) {
      closed = true;
      wake?.();
      await ended;
      index?.close();
      index = null;
      if (removing) removeIndexFile(file);
    },
  };
}

/** Of a damaged batch as many as it says, none of which has a time. */
function* recordsOf(batch: StoredBatch): Generator<{ offset: number; value: Uint8Array | null }> {
  try {
    for (const { offset, value } of decodeStored(batch)) yield { offset: Number(offset), value };
  } catch (thrown) {
    if (!(thrown instanceof LabError) || thrown.code !== 'batch-damaged') throw thrown;
    for (let at = 0; at < batch.recordCount; at++) yield { offset: Number(batch.baseOffset) + at, value: null };
  }
}

function isDamage(thrown: unknown): boolean {
  return isRebuildable(thrown) || (thrown instanceof LabError && isRebuildable(thrown.cause));
}

const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
