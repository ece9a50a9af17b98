/**
 * Reads a workspace's file as it comes: what stands in it, checked, in the order of format.ts and in no other. Whatever does not fit is
 * refused, and with it the file: it may come from anywhere. Names in the tar lead nowhere; they are only compared.
 */
import { createHash, type Hash } from 'node:crypto';
import { LabError } from '../../api/errors.ts';
import { type BatchHeader, BATCH_BYTES_MAX, crcMatches, decodeBatchHeader } from '../../log/index.ts';
import { JSON_BYTES_MAX } from './fileJson.ts';
import {
  BATCH_PREFIX_BYTES,
  END,
  endFrom,
  type FileLog,
  leftOutFrom,
  LEFT_OUTS,
  leftOutName,
  type LeftOuts,
  leftOutsFrom,
  logsOf,
  MANIFEST,
  type Manifest,
  manifestFrom,
  PART_READ_BYTES_MAX,
  shardHeadFrom,
  type ShardHead,
  shardPlace,
  sumsFrom,
  type ShardSums,
} from './format.ts';
import { type ProcessorItem, ProcessorReader } from './processorReader.ts';
import { damaged, foreign, type TarPart, TarReader } from './tar.ts';

/** How far the clock of the machine that wrote a file may be ahead of this one, milliseconds: later appends here come after all of its. */
export const APPEND_TIME_AHEAD_MAX_MS = 24 * 60 * 60 * 1000;

/** As many bytes of a record batch as tell its length. */
const LENGTH_END = 12;

export type FileItem =
  | { kind: 'manifest'; manifest: Manifest }
  | ProcessorItem
  | { kind: 'shard'; log: FileLog; shard: number; head: ShardHead }
  | { kind: 'batch'; log: FileLog; shard: number; appendTimeUs: bigint; bytes: Buffer; header: BatchHeader }
  | { kind: 'shardEnd'; log: FileLog; shard: number; sums: ShardSums }
  | { kind: 'leftOut'; log: FileLog; reason: string }
  | { kind: 'leftOuts'; leftOuts: LeftOuts };

/** A shard under way. */
interface Reading {
  head: ShardHead;
  nextOffset: bigint;
  recordsBefore: bigint;
  appendTimeUs: bigint;
  leaderEpoch: number;
  batches: number;
  records: number;
  bytes: number;
  sha256: Hash;
}

export class FileReader {
  readonly #tar = new TarReader();
  /** The wall clock, milliseconds. */
  readonly #now: () => number;
  #manifest: Manifest | null = null;
  #processors: ProcessorReader | null = null;
  /** Those that have not come yet; the first of them comes next, or is under way. */
  #logs: FileLog[] = [];
  #shard = 0;
  #reading: Reading | null = null;
  #leftOutsCame = false;
  #isOver = false;
  /** Over the names and bytes of all parts but those of batches. */
  readonly #sums = createHash('sha256');
  /** The part of the tar that is under way, and what of it is not read yet. */
  #part = '';
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** Bytes of the rest after which it is looked at again. */
  #wanted = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Throws `not-a-log`, `format-too-new` and `file-unreadable`; then nothing more is to be read. */
  *push(piece: Uint8Array): Generator<FileItem, void, undefined> {
    for (const part of this.#tar.push(Buffer.from(piece.buffer, piece.byteOffset, piece.length))) yield* this.#take(part);
  }

  finish(): void {
    this.#tar.finish();
    if (!this.#isOver) throw damaged(`its part ${END} is missing`);
  }

  *#take(part: TarPart): Generator<FileItem, void, undefined> {
    if (part.kind === 'begin') return this.#begin(part.name, part.size);
    if (part.kind === 'bytes') {
      this.#rest.push(part.bytes);
      this.#restBytes += part.bytes.length;
      if (this.#isBatches && this.#restBytes >= this.#wanted) yield* this.#readBatches();
      return;
    }
    if (!this.#isBatches) yield* this.#readText(this.#part, Buffer.concat(this.#rest));
    else if (this.#restBytes > 0) throw damaged(`${this.#where} is cut off within a record batch`);
    this.#rest = [];
    this.#restBytes = 0;
  }

  get #isBatches(): boolean {
    return this.#part.endsWith('.batches');
  }

  /** The one that is under way. */
  get #log(): FileLog {
    return this.#logs[0]!;
  }

  get #where(): string {
    return `shard ${this.#shard} of the stream “${this.#log.name}”`;
  }

  #begin(name: string, size: number): void {
    const problem = this.#problemOf(name);
    if (problem) throw problem;
    const most = name.endsWith('.batches') ? PART_READ_BYTES_MAX : (this.#processors?.bytesMax(name) ?? JSON_BYTES_MAX);
    if (size > most) throw damaged(`its part ${name} says that it has ${size} bytes, more than the ${most} that it can have`);
    this.#part = name;
    this.#wanted = BATCH_PREFIX_BYTES + LENGTH_END;
  }

  /** Why no part of this name can stand here. */
  #problemOf(name: string): Error | null {
    if (!this.#manifest) return name === MANIFEST ? null : foreign();
    if (this.#isOver) return damaged('something follows its end');
    const fits = this.#processors!.next === null ? this.#isNextOfLogs(name) : name === this.#processors!.next;
    return fits ? null : damaged('one of its parts is missing, or stands where it should not');
  }

  #isNextOfLogs(name: string): boolean {
    const [log] = this.#logs;
    if (!log) return name === (this.#leftOutsCame ? END : LEFT_OUTS);
    const place = shardPlace(log, this.#shard);
    // One can be deleted at any time while it is written.
    if (name === leftOutName(log)) return true;
    return this.#reading ? name === `${place}/sums.json` || name === `${place}/${this.#nextPart(name)}` : name === `${place}/shard.json`;
  }

  /** A part's name as it must be. */
  #nextPart(name: string): string {
    const offset = /\/(\d{20})\.batches$/.exec(name)?.[1];
    return offset !== undefined && BigInt(offset) >= this.#reading!.nextOffset ? `${offset}.batches` : '';
  }

  *#readText(name: string, content: Buffer): Generator<FileItem, void, undefined> {
    if (name === END) {
      if (endFrom(content).sha256 !== this.#sums.digest('hex'))
        throw damaged('its parts are not what was written: their checksum does not match');
      this.#isOver = true;
      return;
    }
    this.#sums.update(name).update(content);
    if (this.#processors?.next) yield* this.#processors.take(content);
    else yield this.#itemOf(name, content);
  }

  #itemOf(name: string, json: Buffer): FileItem {
    if (name === MANIFEST) {
      this.#manifest = manifestFrom(json);
      this.#processors = new ProcessorReader(this.#manifest.processors);
      this.#logs = logsOf(this.#manifest);
      return { kind: 'manifest', manifest: this.#manifest };
    }
    if (name === LEFT_OUTS) {
      this.#leftOutsCame = true;
      return { kind: 'leftOuts', leftOuts: leftOutsFrom(json) };
    }
    const at = { log: this.#log, shard: this.#shard };
    if (name === leftOutName(at.log)) {
      this.#nextLog();
      return { kind: 'leftOut', log: at.log, reason: leftOutFrom(json, name).reason };
    }
    if (name.endsWith('/shard.json')) return { kind: 'shard', ...at, head: this.#beginShard(shardHeadFrom(json, name)) };
    const sums = this.#checkSums(sumsFrom(json, name));
    this.#reading = null;
    this.#shard++;
    if (this.#shard === at.log.shards) this.#nextLog();
    return { kind: 'shardEnd', ...at, sums };
  }

  #nextLog(): void {
    this.#logs.shift();
    this.#shard = 0;
    this.#reading = null;
  }

  #beginShard(head: ShardHead): ShardHead {
    const { startOffset, endOffset, recordsBefore, parents } = head;
    if (startOffset > endOffset || recordsBefore > startOffset) throw damaged(`the offsets of ${this.#where} do not agree`);
    const { shards } = this.#log;
    if (parents.some((parent) => parent >= shards || parent === this.#shard)) throw damaged(`the parents of ${this.#where} are not there`);
    this.#reading = {
      ...{ head, nextOffset: startOffset, recordsBefore, appendTimeUs: 0n, leaderEpoch: 0 },
      ...{ batches: 0, records: 0, bytes: 0, sha256: createHash('sha256') },
    };
    return head;
  }

  *#readBatches(): Generator<FileItem, void, undefined> {
    const bytes = this.#rest.length === 1 ? this.#rest[0]! : Buffer.concat(this.#rest);
    let at = 0;
    this.#wanted = BATCH_PREFIX_BYTES + LENGTH_END;
    while (bytes.length - at >= BATCH_PREFIX_BYTES + LENGTH_END) {
      const size = bytes.readInt32BE(at + BATCH_PREFIX_BYTES + 8) + LENGTH_END;
      if (size < LENGTH_END || size > BATCH_BYTES_MAX) throw damaged(`${this.#where} holds a record batch that says it has ${size} bytes`);
      if (bytes.length - at < BATCH_PREFIX_BYTES + size) {
        this.#wanted = BATCH_PREFIX_BYTES + size;
        break;
      }
      yield this.#readBatch(bytes.subarray(at, (at += BATCH_PREFIX_BYTES + size)));
    }
    // A copy: what is left must not hold on to the whole piece.
    this.#rest = [Buffer.from(bytes.subarray(at))];
    this.#restBytes = bytes.length - at;
  }

  #readBatch(prefixed: Buffer): FileItem {
    const reading = this.#reading!;
    reading.sha256.update(prefixed);
    const appendTimeUs = prefixed.readBigInt64BE(0);
    const recordsBefore = prefixed.readBigInt64BE(8);
    const bytes = prefixed.subarray(BATCH_PREFIX_BYTES);
    const header = this.#headerOf(bytes);
    const lastOffset = header.baseOffset + BigInt(header.lastOffsetDelta);
    const named = `${this.#where}, offsets ${header.baseOffset} to ${lastOffset}`;
    if (!crcMatches(bytes, header)) throw damaged(`${named}: the checksum of this record batch does not match`);
    if (header.baseOffset < reading.nextOffset || lastOffset < header.baseOffset || lastOffset >= reading.head.endOffset) {
      throw damaged(`${named}: these offsets do not follow upon those before, or lie behind the end`);
    }
    // Where batches are left out, records are missing in between; there are never too many.
    if (recordsBefore < reading.recordsBefore || header.recordCount < 1) throw damaged(`${named}: the counts of records do not agree`);
    if (header.leaderEpoch < reading.leaderEpoch || header.leaderEpoch > reading.head.leaderEpoch) {
      throw damaged(`${named}: its leader epoch does not fit`);
    }
    if (appendTimeUs <= reading.appendTimeUs) throw damaged(`${named}: it was appended before the one before it`);
    if (appendTimeUs > BigInt(Math.floor(this.#now() + APPEND_TIME_AHEAD_MAX_MS)) * 1000n) {
      const when = new Date(Number(appendTimeUs / 1000n));
      const said = Number.isNaN(when.getTime()) ? 'in a year that no clock shows' : `at ${when.toISOString()}`;
      throw new LabError(
        'file-unreadable',
        `${named}: this was appended ${said}, more than a day from now by the clock of this machine. Where that is wrong, set it right and try again.`,
      );
    }
    Object.assign(reading, { appendTimeUs, nextOffset: lastOffset + 1n, leaderEpoch: header.leaderEpoch });
    reading.recordsBefore = recordsBefore + BigInt(header.recordCount);
    reading.batches++;
    reading.records += header.recordCount;
    reading.bytes += bytes.length;
    return { kind: 'batch', log: this.#log, shard: this.#shard, appendTimeUs, bytes, header };
  }

  #headerOf(bytes: Buffer): BatchHeader {
    try {
      return decodeBatchHeader(bytes);
    } catch (cause) {
      throw damaged(`${this.#where} holds a record batch that is too short`, cause);
    }
  }

  #checkSums(sums: ShardSums): ShardSums {
    const { batches, records, bytes, sha256 } = this.#reading!;
    const agree = sums.batches === batches && sums.records === records && sums.bytes === bytes && sums.sha256 === sha256.digest('hex');
    if (!agree) throw damaged(`${this.#where} is not what was written: its checksum does not match`);
    return sums;
  }
}
