/**
 * One import of a workspace's file, under way: pieces of it in, new streams and processors out, all of them or none. They are staged
 * (streams/staging.ts, processors/incoming.ts) until the file's end has come and everything in it was as it should be.
 */
import { LabError, toLabError } from '../../api/errors.ts';
import type { WorkspaceFileReport } from '../../api/workspace.ts';
import type { BatchToAppend, Cluster, ShardPlace } from '../../cluster/cluster.ts';
import type { JobHandle } from '../../jobs/jobs.ts';
import { STREAM_SETTINGS_DEFAULT } from '../../api/streams.ts';
import type { IncomingRun } from '../../processors/incoming.ts';
import type { StagedStream, Staging } from '../../streams/staging.ts';
import type { SettingsStore } from '../settings.ts';
import { type FileItem, FileReader } from './fileReader.ts';
import { type FileLog, type LeftOuts, logsOf, type Manifest, type ShardHead } from './format.ts';
import { ImportedProcessors, movedBatch, renamed, type Renaming, stateHomes } from './importedProcessors.ts';

/** Bytes of batches in one append, and how many batches. */
const APPEND_BYTES_MAX = 1024 * 1024;
const APPEND_BATCHES_MAX = 512;
/** How long the sender may be silent, milliseconds, before the import ends. */
const SENDER_SILENT_MS = 60_000;

export interface WorkspaceImportOptions {
  job: JobHandle;
  staging: Staging;
  incoming: IncomingRun;
  cluster: Cluster;
  /** Takes over the settings of the file where it is a new workspace; else null. */
  settings: SettingsStore | null;
  /** Of streams, and of processors. */
  names: Renaming;
  processorNames: Renaming;
  /** Aborts when whoever sends the file goes away. */
  sender: AbortSignal;
  now: () => number;
}

/** Of streams; what is state does not count. */
type ImportCounts = Pick<WorkspaceFileReport, 'shards' | 'batches' | 'events' | 'bytes'>;

export class WorkspaceImport {
  readonly #options: WorkspaceImportOptions;
  readonly #reader: FileReader;
  /** Pieces are read one after the other, in the order in which they came. */
  #turn: Promise<void> = Promise.resolve();
  #bytes = 0;
  #manifest: Manifest | null = null;
  #leftOuts: LeftOuts | null = null;
  /** By their places in the file, states too; and streams by their names there. */
  readonly #staged = new Map<string, StagedStream>();
  readonly #streams = new Map<string, StagedStream>();
  #processors: ImportedProcessors | null = null;
  /** A shard of which no batch has come yet. */
  #head: ShardHead | null = null;
  #batches: BatchToAppend[] = [];
  #batchesBytes = 0;
  #counts: ImportCounts = { shards: 0, batches: 0, events: 0, bytes: 0 };
  /** The counts as the stream began that is under way. */
  #countsBefore: { log: FileLog | null; counts: ImportCounts } = { log: null, counts: this.#counts };
  #failure: LabError | null = null;
  #isOpening = false;
  #undone: Promise<void> | null = null;
  readonly #silence: NodeJS.Timeout;

  constructor(options: WorkspaceImportOptions) {
    this.#options = options;
    this.#reader = new FileReader(options.now);
    this.#silence = setTimeout(() => this.fail('The file was not sent on for a minute.'), SENDER_SILENT_MS).unref();
    options.job.signal.addEventListener('abort', () => this.#stop(new LabError('cancelled', 'Cancelled.')));
    options.sender.addEventListener('abort', () => this.fail('The page or program that sent the file went away.'));
  }

  /** Resolves when what this piece holds is in the log. */
  write(piece: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      for (const item of this.#reader.push(piece)) {
        await this.#take(item);
        this.#check();
      }
      await this.#append();
      this.#bytes += piece.length;
      this.#options.job.progress({ done: this.#bytes, events: this.#counts.events });
    });
  }

  /** Resolves when the streams and processors are there. */
  async finish(): Promise<WorkspaceFileReport> {
    await this.#inTurn(async () => {
      this.#reader.finish();
      this.#isOpening = true;
      const { settings, staging } = this.#options;
      settings?.change({ valueBytesMax: this.#manifest!.settings.valueBytesMax });
      await staging.open(() => this.#processors!.settle(this.#streams));
    });
    this.#processors!.settled();
    clearTimeout(this.#silence);
    const report = this.#report();
    this.#options.job.end('done', sayDone(report));
    return report;
  }

  /** Ends the import, and takes back what it made; `why` is a sentence. */
  fail(why: string): void {
    this.#stop(new LabError('job-over', why));
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#silence.refresh();
    const done = this.#turn.then(async () => {
      try {
        this.#check();
        await work();
        this.#check();
      } catch (error) {
        this.#isOpening = false;
        this.#stop(toLabError(error));
        if (this.#failure) await this.#undo();
        throw this.#failure ?? error;
      }
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
    const { job } = this.#options.job;
    if (job.state !== 'running') throw new LabError('job-over', `The import has ended: ${job.message}`);
  }

  #stop(error: LabError): void {
    // From the moment on at which the streams are opened it can only go well or fail by itself.
    if (this.#failure || this.#isOpening || this.#options.job.job.state !== 'running') return;
    clearTimeout(this.#silence);
    this.#failure = error;
    // What is just being made or appended comes to its end first, so that nothing is left behind.
    void this.#turn.then(() => this.#undo());
  }

  #undo(): Promise<void> {
    const { job, staging } = this.#options;
    const { code, message } = this.#failure!;
    return (this.#undone ??= staging
      .undo()
      .then(() => this.#processors?.undo())
      // Where not even the catalog can be written: what is still in the making goes when the workspace is opened again.
      .catch(() => {})
      .then(() => job.end(code === 'cancelled' ? 'cancelled' : 'failed', `${message} Nothing of the file was imported.`)));
  }

  async #take(item: FileItem): Promise<void> {
    if (item.kind === 'manifest') return this.#begin(item.manifest);
    if (item.kind === 'leftOuts') {
      this.#leftOuts = item.leftOuts;
      return;
    }
    if (item.kind === 'leftOut') return this.#leaveOut(item.log);
    if (item.kind === 'shard') {
      this.#head = item.head;
      if (item.shard === 0) this.#countsBefore = { log: item.log, counts: { ...this.#counts } };
      return;
    }
    if (item.kind === 'batch') return this.#add(item);
    if (item.kind !== 'shardEnd') return this.#processors!.take(item);
    await this.#append();
    // Of a shard without batches, whatever came before its end is not there.
    if (this.#head) await this.#restoreShard(item, { ...this.#head, startOffset: this.#head.endOffset });
    if (item.log.processor === null) this.#counts.shards++;
    else await this.#options.cluster.append([{ place: this.#placeOf(item), bytes: movedBatch(this.#options.now()) }]).catch(restarted);
  }

  async #leaveOut(log: FileLog): Promise<void> {
    this.#batches = [];
    this.#batchesBytes = 0;
    this.#head = null;
    if (this.#countsBefore.log === log) this.#counts = this.#countsBefore.counts;
    await this.#options.staging.remove(this.#staged.get(log.place)!);
    this.#staged.delete(log.place);
    if (log.processor === null) this.#streams.delete(log.name);
    else this.#processors!.withoutState(log.processor);
  }

  async #begin(manifest: Manifest): Promise<void> {
    this.#manifest = manifest;
    const { names, processorNames, staging, incoming, cluster } = this.#options;
    const unknown = Object.keys(names).find((name) => !manifest.streams.some((stream) => stream.name === name));
    if (unknown !== undefined) throw new LabError('bad-input', `There is no stream “${unknown}” in the file that could get another name.`);
    const processors = new ImportedProcessors(manifest, incoming, processorNames);
    this.#processors = processors;
    const logs = logsOf(manifest);
    for (const { place, name, shards, stream } of logs) {
      if (stream === null) continue;
      const { createdAt, settings } = manifest.streams[stream]!;
      const staged = await staging.add({ name: renamed(name, names), shards, createdAt: Date.parse(createdAt), settings });
      this.#staged.set(place, staged);
      this.#streams.set(name, staged);
      this.#check();
    }
    for (const { place, shards, processor } of logs) {
      if (processor === null) continue;
      const inputs = manifest.processors[processor]!.inputs.flatMap((name) => this.#streams.get(name) ?? []);
      const brokerIds = stateHomes(
        shards,
        inputs,
        cluster.brokers().map(({ id }) => id),
      );
      const createdAt = Date.parse(manifest.madeAt);
      const state = { name: processors.stateName(processor), shards, createdAt, settings: STREAM_SETTINGS_DEFAULT, brokerIds };
      this.#staged.set(place, await staging.add(state));
      this.#check();
    }
  }

  async #add(item: FileItem & { kind: 'batch' }): Promise<void> {
    if (this.#head) await this.#restoreShard(item, this.#head);
    this.#batches.push({ place: this.#placeOf(item), bytes: item.bytes, restoredFrom: item.appendTimeUs });
    this.#batchesBytes += item.bytes.length;
    if (item.log.processor === null) {
      this.#counts.batches++;
      this.#counts.events += item.header.recordCount;
      this.#counts.bytes += item.bytes.length;
    }
    if (this.#batchesBytes >= APPEND_BYTES_MAX || this.#batches.length >= APPEND_BATCHES_MAX) await this.#append();
  }

  #placeOf({ log, shard }: { log: FileLog; shard: number }): ShardPlace {
    return this.#staged.get(log.place)!.shards[shard]!;
  }

  async #restoreShard(at: { log: FileLog; shard: number }, head: ShardHead): Promise<void> {
    this.#head = null;
    const { shards } = this.#staged.get(at.log.place)!;
    const place = this.#placeOf(at);
    const { state, keyLow, keyHigh, leaderEpoch, startOffset, recordsBefore } = head;
    // A broker knows its own shards only; parents that were placed on another one are not told to it.
    const parents = head.parents.flatMap((number) => (shards[number]!.brokerId === place.brokerId ? shards[number]!.shardId : []));
    await this.#options.cluster
      .restoreShard(place, { state, parents, keyLow, keyHigh, leaderEpoch, startOffset, recordsBefore })
      .catch(restarted);
  }

  async #append(): Promise<void> {
    const batches = this.#batches;
    this.#batches = [];
    this.#batchesBytes = 0;
    if (batches.length > 0) await this.#options.cluster.append(batches).catch(restarted);
  }

  #report(): WorkspaceFileReport {
    return { streams: this.#streams.size, processors: this.#processors!.count, ...this.#counts, ...this.#leftOuts! };
  }
}

/** A broker that ended and came up again holds nothing of streams that were still being made. */
function restarted(error: unknown): never {
  if (!(error instanceof LabError) || (error.code !== 'no-such-shard' && error.code !== 'broker-down')) throw error;
  throw new LabError('broker-down', 'A broker ended meanwhile, and what it had of the new streams is gone. Try again.', { cause: error });
}

function sayDone({ streams, processors, events, leftOutCount }: WorkspaceFileReport): string {
  const leftOut = leftOutCount === 0 ? '' : ` ${count(leftOutCount, 'part was', 'parts were')} already left out when the file was made.`;
  const others = processors === 0 ? '' : ` and ${count(processors, 'processor', 'processors')}`;
  return `${count(events, 'event', 'events')} in ${count(streams, 'stream', 'streams')}${others} imported.${leftOut}`;
}

function count(number: number, one: string, many: string): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}
