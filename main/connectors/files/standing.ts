/**
 * Where an import stands, so that it can be gone on with after the lab, a broker or the sender went away.
 *
 * An import is an idempotent producer: its batches name it, and number its events in each shard. A mark says up to which line of the file
 * everything is in the log. Behind the mark more may be in the log than anybody was told of: which events those are is read from the
 * headers of the batches (alreadyIn.ts), so that none goes in twice. That asks for one thing: the same line goes to the same shard again.
 */
import { createHash, randomBytes } from 'node:crypto';
import { LabError } from '../../api/errors.ts';
import type { ImportRules } from '../../api/imports.ts';
import { BATCH_BYTES_MAX } from '../../api/streams.ts';
import type { Resume } from '../../workspace/jobRecords.ts';
import { FILE_START, type LinePlace } from './lines.ts';

/** Bytes of a file by which it is known again. */
export const CHECK_BYTES = 4096;

/** Up to here everything is in the log, or rejected. */
export interface Mark {
  place: LinePlace;
  imported: number;
  keyless: number;
  blank: number;
  rejected: number;
  /** Of the rejected lines those that are kept with their text. */
  rejectedKept: number;
  /** Of each shard the number of the import's next event in it. */
  sequences: readonly number[];
  /** Of each shard an offset before which none of the import's events behind the mark lies. */
  offsets: readonly bigint[];
}

export interface Standing {
  streamId: string;
  producerId: bigint;
  rules: ImportRules;
  valueBytesMax: number;
  /** As it was when the import began: the same lines are rejected by it however often it goes on. */
  batchBytesMax: number;
  file: { name: string; bytes: number | null };
  /** The row that names the columns, in a format that has one. */
  header: Uint8Array | null;
  /** Some bytes of it that came, the last ones that were looked at. */
  check: { from: number; to: number; digest: string };
  mark: Mark;
}

export function newStanding(
  start: Pick<Standing, 'streamId' | 'rules' | 'valueBytesMax' | 'batchBytesMax' | 'file'>,
  /** Of each shard, before anything is imported. */
  endOffsets: readonly bigint[],
): Standing {
  const sequences = endOffsets.map(() => 0);
  const nothing = { imported: 0, keyless: 0, blank: 0, rejected: 0, rejectedKept: 0 };
  const mark = { place: FILE_START, ...nothing, sequences, offsets: endOffsets };
  return { ...start, producerId: newProducerId(), header: null, check: { from: 0, to: 0, digest: digestOf(new Uint8Array()) }, mark };
}

/** Far above the ids that a cluster counts up for its clients. */
const newProducerId = (): bigint => (randomBytes(8).readBigUInt64BE() >> 2n) | (1n << 61n);

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');

export function toResume({ header, producerId, mark, ...rest }: Standing): Resume {
  const { check, file } = rest;
  const standing = JSON.stringify({
    ...rest,
    producerId: String(producerId),
    header: header && Buffer.from(header).toString('base64'),
    mark: { ...mark, offsets: mark.offsets.map(String) },
  });
  const point = { fileName: file.name, fileBytes: file.bytes, from: mark.place.bytes, check: { from: check.from, to: check.to } };
  return { point, standing };
}

interface Stored extends Omit<Standing, 'producerId' | 'header' | 'mark' | 'batchBytesMax'> {
  /** Missing where the import began in a lab that had no such setting. */
  batchBytesMax?: number;
  producerId: string;
  header: string | null;
  mark: Omit<Mark, 'offsets'> & { offsets: string[] };
}

export function fromResume({ standing }: Resume): Standing {
  const { producerId, header, mark, ...rest } = JSON.parse(standing) as Stored;
  return {
    batchBytesMax: BATCH_BYTES_MAX,
    ...rest,
    producerId: BigInt(producerId),
    header: header === null ? null : Buffer.from(header, 'base64'),
    mark: { ...mark, offsets: mark.offsets.map(BigInt) },
  };
}

/** Throws `bad-input` for another file than the one that was imported, or one that was changed. */
export function assertSameFile({ file, check }: Standing, given: { name: string; bytes: number | null }, checked: Uint8Array): void {
  const bytes = (number: number): string => `${number.toLocaleString('en')} bytes`;
  if (file.bytes !== null && given.bytes !== null && file.bytes !== given.bytes) {
    throw new LabError(
      'bad-input',
      `${given.name} has ${bytes(given.bytes)}; the file of this import, ${file.name}, had ${bytes(file.bytes)}. Choose the same file, unchanged.`,
    );
  }
  if (digestOf(checked) !== check.digest) {
    throw new LabError(
      'bad-input',
      `${given.name} is not the file of this import, ${file.name}, or it was changed: it has other bytes before byte ${check.to.toLocaleString('en')}. Choose the same file, unchanged.`,
    );
  }
}
