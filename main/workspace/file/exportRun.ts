/** An export of the workspace, under way: the cut first, then the processors, and shard after shard up to the cut (format.ts). */
import { createHash } from 'node:crypto';
import { LabError, toLabError } from '../../api/errors.ts';
import { type ExportItem, LEFT_OUT_NAMED_MAX, type LeftOut, type WorkspaceFileReport } from '../../api/workspace.ts';
import type { Reader } from '../../api/readers.ts';
import type { JobHandle, Jobs } from '../../jobs/jobs.ts';
import type { StoredBatch } from '../../log/index.ts';
import type { Incoming } from '../../processors/incoming.ts';
import type { Outgoing } from '../../processors/outgoing.ts';
import type { StreamPlaces } from '../../streams/streamPlaces.ts';
import type { SettingsStore } from '../settings.ts';
import { type Cut, type CutLog, type CutParts, type CutShard, takeCut } from './cut.ts';
import { toFileJson } from './fileJson.ts';
import {
  BATCH_PREFIX_BYTES,
  END,
  type FileLog,
  FILE_FORMAT,
  LEFT_OUTS,
  leftOutName,
  logsOf,
  MANIFEST,
  type Manifest,
  partName,
  type ShardHead,
  shardPlace,
} from './format.ts';
import { manifestOf, partsOf } from './processorParts.ts';
import { readShard, type Slice } from './readShard.ts';
import { TAR_END, tarHeader, tarPadding } from './tar.ts';

export interface ExportParts extends CutParts {
  processors: { outgoing: Outgoing; incoming: Incoming };
  readers: () => Reader[];
  settings: SettingsStore;
  jobs: Jobs;
  version: string;
  now: () => number;
}

/** Of what is said of a part that is left out (format.ts). */
const REASON_CHARACTERS_MAX = 1_000;

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
  /** Over the names and bytes of all parts but those of batches. */
  readonly #sums = createHash('sha256');
  #job: JobHandle | null = null;
  /** Bytes of batches that were read. */
  #done = 0;
  readonly #report: WorkspaceFileReport = {
    ...{ streams: 0, processors: 0, shards: 0, batches: 0, events: 0, bytes: 0 },
    ...{ leftOut: [], leftOutCount: 0 },
  };

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
    const cut = await takeCut(this.#parts);
    try {
      for (const { stream, reason } of cut.leftOut) this.#leaveOutWhole(stream, reason);
      const manifest = this.#manifest(cut);
      const logs = logsOf(manifest);
      const states = cut.processors.flatMap(({ cutState }) => cutState ?? []);
      this.#expect([...states, ...cut.streams]);
      yield this.#json(MANIFEST, manifest);
      for (const [index, processor] of cut.processors.entries()) {
        const { state, problem } = processor;
        if (problem !== null) this.#leaveOutWhole(state!.name, asFile(problem));
        for (const part of partsOf(index, processor, (reason) => this.#leaveOutWhole(processor.name, reason)))
          yield this.#text(part.name, part.content);
        this.#report.processors++;
      }
      for (const [index, state] of states.entries()) yield* this.#log(logs[index]!, state, signal);
      cut.keepNoMore();
      for (const [index, stream] of cut.streams.entries()) yield* this.#log(logs[states.length + index]!, stream, signal);
    } finally {
      cut.keepNoMore();
    }
    const { leftOut, leftOutCount } = this.#report;
    yield this.#json(LEFT_OUTS, { leftOut, leftOutCount });
    yield Buffer.concat([this.#file(END, toFileJson({ sha256: this.#sums.digest('hex') })), TAR_END]);
  }

  #expect(logs: readonly CutLog[]): void {
    const states = logs.flatMap(({ shards }) => shards.map(({ state }) => state));
    this.#job?.progress({ total: states.reduce((sum, state) => sum + (state?.bytes ?? 0), 0) });
  }

  async *#log(log: FileLog, { stream, shards }: CutLog, signal: AbortSignal): AsyncGenerator<Buffer> {
    const { batches, events, bytes, shards: shardsBefore } = this.#report;
    const isState = log.stream === null;
    try {
      for (const shard of shards) yield* this.#shard(log, stream, shard, signal);
      if (!isState) this.#report.streams++;
    } catch (error) {
      const code = error instanceof LabError ? error.code : null;
      const isGone = code === 'no-such-shard';
      if (!isGone && !(isState && code === 'batch-damaged')) throw error;
      const gone = isState ? 'It was removed, or began anew, while the export ran.' : 'It was deleted while the export ran.';
      const why = isGone ? gone : (error as LabError).message;
      const reason = isState ? asFile(why) : why;
      Object.assign(this.#report, { batches, events, bytes, shards: shardsBefore });
      this.#leaveOutWhole(stream.name, reason);
      yield this.#json(leftOutName(log), { reason });
    }
  }

  #manifest(cut: Cut): Manifest {
    const { version, settings, readers } = this.#parts;
    const iso = (time: number): string => new Date(time).toISOString();
    const ends = new Map(cut.streams.map(({ stream, shards }) => [stream.name, shards]));
    return {
      format: FILE_FORMAT,
      lab: version,
      madeAt: iso(this.#madeAt),
      settings: { valueBytesMax: settings.get().valueBytesMax },
      streams: cut.streams.map(({ stream, shards }) => {
        const { name, createdAt, settings: own } = stream;
        return { name, createdAt: iso(createdAt), settings: own, shards: shards.length, ...sizeOf(shards) };
      }),
      processors: cut.processors.map(manifestOf),
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

  async *#shard(log: FileLog, stream: StreamPlaces, cut: CutShard, signal: AbortSignal): AsyncGenerator<Buffer> {
    const { cluster } = this.#parts;
    const { number } = cut.place;
    const isState = log.stream === null;
    const sha256 = createHash('sha256');
    const sums = { batches: 0, records: 0, bytes: 0 };
    let startOffset = cut.endOffset;
    let isBegun = false;
    for await (const slice of readShard(cluster, cut, signal)) {
      ({ startOffset } = slice);
      if (!isBegun && slice.recordsBefore !== null) {
        isBegun = true;
        yield this.#head(log, stream, cut, startOffset, slice.recordsBefore);
      }
      if (isState) assertWhole(slice, cut);
      else for (const missing of slice.missing) this.#leaveOut({ stream: stream.name, shard: number, ...missing });
      if (slice.batches.length === 0) continue;
      const content = contentOf(slice.batches);
      sha256.update(content);
      sums.batches += slice.batches.length;
      sums.records += slice.batches.reduce((sum, batch) => sum + batch.recordCount, 0);
      sums.bytes += slice.batches.reduce((sum, batch) => sum + batch.sizeBytes, 0);
      yield this.#file(partName(log, number, slice.batches[0]!.baseOffset), content);
      this.#progress(slice.batches, isState);
    }
    if (!isBegun) yield this.#head(log, stream, cut, startOffset, cut.state?.recordsTrimmed ?? 0n);
    if (!isState) this.#report.shards++;
    yield this.#json(`${shardPlace(log, number)}/sums.json`, { ...sums, sha256: sha256.digest('hex') });
  }

  #head(log: FileLog, { shards }: StreamPlaces, { place, endOffset, state }: CutShard, startOffset: bigint, recordsBefore: bigint): Buffer {
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
    return this.#json(`${shardPlace(log, place.number)}/shard.json`, head);
  }

  #progress(batches: readonly StoredBatch[], isState: boolean): void {
    const report = this.#report;
    const bytes = batches.reduce((sum, batch) => sum + batch.sizeBytes, 0);
    this.#done += bytes;
    if (!isState) {
      report.batches += batches.length;
      report.events += batches.reduce((sum, batch) => sum + batch.recordCount, 0);
      report.bytes += bytes;
    }
    this.#job?.progress({ done: this.#done, events: report.events });
  }

  #leaveOut(part: LeftOut): void {
    const { leftOut } = this.#report;
    if (leftOut.length < LEFT_OUT_NAMED_MAX) leftOut.push(part);
    this.#report.leftOutCount++;
  }

  #leaveOutWhole(stream: string, reason: string): void {
    this.#leaveOut({ stream, shard: null, firstOffset: null, lastOffset: null, reason: reason.slice(0, REASON_CHARACTERS_MAX) });
  }

  #json(name: string, value: Parameters<typeof toFileJson>[0]): Buffer {
    return this.#text(name, toFileJson(value));
  }

  #text(name: string, content: Buffer): Buffer {
    this.#sums.update(name).update(content);
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

/** What becomes of a processor without its state, which it could only go on with wrongly. */
function asFile(why: string): string {
  return `${why} The processor is in the file without its state, as one that was never deployed.`;
}

/** Throws `batch-damaged` where of a state something is missing: nothing of it can. It was kept as it was, unless its broker has ended since. */
function assertWhole({ missing: [missing], startOffset }: Slice, cut: CutShard): void {
  const reason =
    missing?.reason ?? (startOffset > cut.startOffset ? 'A broker ended while the export ran, and it was summed up meanwhile.' : null);
  if (reason !== null) throw new LabError('batch-damaged', `Its state, shard ${cut.place.number}, is not whole. ${reason}`);
}

function sayDone({ streams, processors, events, leftOutCount }: WorkspaceFileReport): string {
  const count = (number: number, one: string): string => `${number.toLocaleString('en')} ${one}${number === 1 ? '' : 's'}`;
  const leftOut = leftOutCount === 0 ? '' : ` ${count(leftOutCount, 'part')} left out: damaged, or gone meanwhile.`;
  const others = processors === 0 ? '' : ` and ${count(processors, 'processor')}`;
  return `${count(events, 'event')} of ${count(streams, 'stream')}${others} exported.${leftOut}`;
}
