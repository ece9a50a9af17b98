/** An export of the workspace, under way: the cut first, then shard after shard up to it (format.ts). */
import { createHash } from 'node:crypto';
import { LabError, toLabError } from '../../api/errors.ts';
import { type ExportItem, LEFT_OUT_NAMED_MAX, type LeftOut, type WorkspaceFileReport } from '../../api/workspace.ts';
import type { Reader } from '../../api/readers.ts';
import type { Cluster, ShardPlace } from '../../cluster/cluster.ts';
import type { JobHandle, Jobs } from '../../jobs/jobs.ts';
import type { ShardState, StoredBatch } from '../../log/index.ts';
import { isInternal, type StreamRegistry } from '../../streams/registry.ts';
import { isLost, type StreamPlaces } from '../../streams/streamPlaces.ts';
import type { SettingsStore } from '../settings.ts';
import {
  BATCH_PREFIX_BYTES,
  END,
  FILE_FORMAT,
  LEFT_OUTS,
  leftOutName,
  MANIFEST,
  type Manifest,
  partName,
  type ShardHead,
  shardPlace,
  toFileJson,
} from './format.ts';
import { readShard } from './readShard.ts';
import { TAR_END, tarHeader, tarPadding } from './tar.ts';

export interface ExportParts {
  registry: StreamRegistry;
  cluster: Cluster;
  readers: () => Reader[];
  settings: SettingsStore;
  jobs: Jobs;
  version: string;
  now: () => number;
}

/** A shard as of the cut. */
interface CutShard {
  place: ShardPlace;
  startOffset: bigint;
  endOffset: bigint;
  /** A moment later; undefined where it is deleted by then. */
  state: ShardState | undefined;
}

interface CutStream {
  stream: StreamPlaces;
  shards: CutShard[];
}

export async function* exportWorkspace(parts: ExportParts, signal: AbortSignal): AsyncGenerator<ExportItem> {
  const run = new ExportRun(parts);
  const job = run.begin();
  const stop = AbortSignal.any([signal, job.signal]);
  try {
    yield { kind: 'begun', jobId: job.job.id };
    for await (const piece of run.pieces(stop)) yield { kind: 'piece', piece };
    const report = run.report();
    // The last piece is on its way; who reads it is told what it is before the job has gone well.
    yield { kind: 'done', report };
    job.end('done', sayDone(report));
  } catch (error) {
    const failure = stop.aborted ? new LabError('cancelled', 'The export was cancelled.', { cause: error }) : toLabError(error);
    job.end(stop.aborted ? 'cancelled' : 'failed', `${failure.message} No file was completed.`);
    throw failure;
  } finally {
    // Its reader has left in the midst of it.
    job.end('cancelled', 'Whoever took the file went away. No file was completed.');
  }
}

class ExportRun {
  readonly #parts: ExportParts;
  readonly #madeAt: number;
  /** Over the names and bytes of all JSON parts. */
  readonly #jsonSums = createHash('sha256');
  #job: JobHandle | null = null;
  readonly #report: WorkspaceFileReport = { streams: 0, shards: 0, batches: 0, events: 0, bytes: 0, leftOut: [], leftOutCount: 0 };

  constructor(parts: ExportParts) {
    this.#parts = parts;
    this.#madeAt = parts.now();
  }

  begin(): JobHandle {
    const start = { kind: 'workspace-export', title: 'Export the workspace', stream: '', unit: 'bytes', streamMade: false } as const;
    return (this.#job = this.#parts.jobs.start({ ...start, total: null, message: 'Reading the log.' }));
  }

  report(): WorkspaceFileReport {
    return this.#report;
  }

  async *pieces(signal: AbortSignal): AsyncGenerator<Buffer> {
    const cut = await this.#cut();
    yield this.#json(MANIFEST, this.#manifest(cut));
    for (const [index, { stream, shards }] of cut.entries()) {
      const { batches, events, bytes, shards: shardsBefore } = this.#report;
      try {
        for (const shard of shards) yield* this.#shard(index, stream, shard, signal);
        this.#report.streams++;
      } catch (error) {
        if (!(error instanceof LabError) || error.code !== 'no-such-shard') throw error;
        const reason = 'It was deleted while the export ran.';
        Object.assign(this.#report, { batches, events, bytes, shards: shardsBefore });
        this.#leaveOut({ stream: stream.name, shard: null, firstOffset: null, lastOffset: null, reason });
        yield this.#json(leftOutName(index), { reason });
      }
    }
    const { leftOut, leftOutCount } = this.#report;
    yield this.#json(LEFT_OUTS, { leftOut, leftOutCount });
    yield Buffer.concat([this.#file(END, toFileJson({ sha256: this.#jsonSums.digest('hex') })), TAR_END]);
  }

  /** Where all shards end, as of one moment for all of them. */
  async #cut(): Promise<CutStream[]> {
    const { registry, cluster } = this.#parts;
    const streams = registry.all().filter((stream) => {
      if (isInternal(stream.name)) return false;
      if (!isLost(stream)) return true;
      this.#leaveOut({ stream: stream.name, shard: null, firstOffset: null, lastOffset: null, reason: stream.problem });
      return false;
    });
    const places = streams.flatMap((stream) => stream.shards);
    if (places.length === 0) return [];
    const bounds = await cluster.bounds(places);
    const states = await cluster.currentStates(places);
    const cut = new Map(
      places.map((place, index) => {
        const { startOffset, endOffset } = bounds[index]!;
        return [place, { place, startOffset, endOffset, state: states[index] }];
      }),
    );
    this.#job?.progress({ total: states.reduce((sum, state) => sum + (state?.bytes ?? 0), 0) });
    // A stream that gets more shards meanwhile has those that it had.
    return streams.map((stream) => ({ stream, shards: stream.shards.flatMap((place) => cut.get(place) ?? []) }));
  }

  #manifest(cut: CutStream[]): Manifest {
    const { version, settings, readers } = this.#parts;
    const iso = (time: number): string => new Date(time).toISOString();
    const ends = new Map(cut.map(({ stream, shards }) => [stream.name, shards]));
    return {
      format: FILE_FORMAT,
      lab: version,
      madeAt: iso(this.#madeAt),
      settings: { valueBytesMax: settings.get().valueBytesMax },
      streams: cut.map(({ stream, shards }) => {
        const { name, createdAt, settings: own } = stream;
        return { name, createdAt: iso(createdAt), settings: own, shards: shards.length, ...sizeOf(shards) };
      }),
      readers: readers().flatMap(({ name, stream, positions }) => {
        const shards = ends.get(stream);
        if (!shards) return [];
        const clamped = positions.flatMap(({ shard, offset }) => {
          const end = shards[shard]?.endOffset;
          return end === undefined ? [] : [{ shard, offset: offset < end ? offset : end }];
        });
        return [{ name, stream, positions: clamped }];
      }),
    };
  }

  async *#shard(index: number, stream: StreamPlaces, cut: CutShard, signal: AbortSignal): AsyncGenerator<Buffer> {
    const { cluster } = this.#parts;
    const { number } = cut.place;
    const sha256 = createHash('sha256');
    const sums = { batches: 0, records: 0, bytes: 0 };
    let startOffset = cut.endOffset;
    let isBegun = false;
    for await (const slice of readShard(cluster, cut, signal)) {
      ({ startOffset } = slice);
      if (!isBegun && slice.recordsBefore !== null) {
        isBegun = true;
        yield this.#head(index, stream, cut, startOffset, slice.recordsBefore);
      }
      for (const missing of slice.missing) this.#leaveOut({ stream: stream.name, shard: number, ...missing });
      if (slice.batches.length === 0) continue;
      const content = contentOf(slice.batches);
      sha256.update(content);
      sums.batches += slice.batches.length;
      sums.records += slice.batches.reduce((sum, batch) => sum + batch.recordCount, 0);
      sums.bytes += slice.batches.reduce((sum, batch) => sum + batch.sizeBytes, 0);
      yield this.#file(partName(index, number, slice.batches[0]!.baseOffset), content);
      this.#progress(slice.batches);
    }
    if (!isBegun) yield this.#head(index, stream, cut, startOffset, cut.state?.recordsTrimmed ?? 0n);
    this.#report.shards++;
    yield this.#json(`${shardPlace(index, number)}/sums.json`, { ...sums, sha256: sha256.digest('hex') });
  }

  #head(
    index: number,
    { shards }: StreamPlaces,
    { place, endOffset, state }: CutShard,
    startOffset: bigint,
    recordsBefore: bigint,
  ): Buffer {
    if (!state) throw new LabError('no-such-shard', 'The shard is not there any more.');
    const head: ShardHead = {
      state: state.state === 'closed' ? 'closed' : 'open',
      // Ids are the broker's own; what the shards are to one another is told by their numbers.
      parents: shards
        .filter(({ brokerId, shardId }) => brokerId === place.brokerId && state.parents.includes(shardId))
        .map((parent) => parent.number),
      keyLow: state.keyLow,
      keyHigh: state.keyHigh,
      leaderEpoch: state.leaderEpoch,
      startOffset,
      recordsBefore,
      endOffset,
    };
    return this.#json(`${shardPlace(index, place.number)}/shard.json`, head);
  }

  #progress(batches: readonly StoredBatch[]): void {
    const report = this.#report;
    report.batches += batches.length;
    report.events += batches.reduce((sum, batch) => sum + batch.recordCount, 0);
    report.bytes += batches.reduce((sum, batch) => sum + batch.sizeBytes, 0);
    this.#job?.progress({ done: report.bytes, events: report.events });
  }

  #leaveOut(part: LeftOut): void {
    const { leftOut } = this.#report;
    if (leftOut.length < LEFT_OUT_NAMED_MAX) leftOut.push(part);
    this.#report.leftOutCount++;
  }

  #json(name: string, value: Parameters<typeof toFileJson>[0]): Buffer {
    const content = toFileJson(value);
    this.#jsonSums.update(name).update(content);
    return this.#file(name, content);
  }

  #file(name: string, content: Buffer): Buffer {
    return Buffer.concat([tarHeader(name, content.length, this.#madeAt), content, tarPadding(content.length)]);
  }
}

/** About: producers go on. */
function sizeOf(shards: readonly CutShard[]): { events: number; bytes: number } {
  return {
    events: shards.reduce((sum, { state }) => sum + (state ? Number(state.recordsTotal - state.recordsTrimmed) : 0), 0),
    bytes: shards.reduce((sum, { state }) => sum + (state?.bytes ?? 0), 0),
  };
}

function contentOf(batches: readonly StoredBatch[]): Buffer {
  return Buffer.concat(
    batches.flatMap(({ appendTimeUs, recordsBefore, bytes }) => {
      const prefix = Buffer.alloc(BATCH_PREFIX_BYTES);
      prefix.writeBigInt64BE(appendTimeUs, 0);
      prefix.writeBigInt64BE(recordsBefore, 8);
      return [prefix, bytes];
    }),
  );
}

function sayDone({ streams, events, leftOutCount }: WorkspaceFileReport): string {
  const count = (number: number, one: string): string => `${number.toLocaleString('en')} ${one}${number === 1 ? '' : 's'}`;
  const leftOut = leftOutCount === 0 ? '' : ` ${count(leftOutCount, 'part')} left out: damaged, or gone meanwhile.`;
  return `${count(events, 'event')} of ${count(streams, 'stream')} exported.${leftOut}`;
}
