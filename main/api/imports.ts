/**
 * Imports: a file becomes events. The side that has the file (page or command line) sends it piece by piece, each answered when it
 * is in the log, so that a gigabyte is never held in memory and a slow disk slows the sender.
 */
import * as v from 'valibot';
import { call, type } from './contract.ts';
import { bytes, count, shardCount, streamName } from './values.ts';

/** Bytes from the head of a file that a preview looks at. */
export const PREVIEW_BYTES_MAX = 256 * 1024;
/** Events and rejected lines that a preview shows. */
export const PREVIEW_EVENTS_MAX = 20;
/** Largest piece of a file in one call, bytes. */
export const PIECE_BYTES_MAX = 1024 * 1024;
/** Rejected lines that are kept with their text; beyond it they are counted only, and the report says so. */
export const REJECTED_LINES_MAX = 20_000;
/** Characters of a rejected line that are shown, and of each that are kept once REJECTED_CHARS_MAX of a job are. */
export const REJECTED_TEXT_MAX = 200;
/** Characters of a rejected line that are kept, so that it can be mended and imported again. */
export const REJECTED_LINE_MAX = 16 * 1024;
/** Characters of all rejected lines of a job, beyond which no more are kept whole. */
export const REJECTED_CHARS_MAX = 8 * 1024 * 1024;
/** Characters in one answer of rejected lines; one line is in it always. */
export const REJECTED_PAGE_CHARS_MAX = 1024 * 1024;
/** Rejected lines on one page of the report. */
export const REJECTED_PAGE_MAX = 1_000;

const piece = v.pipe(
  bytes,
  v.check((input) => input.length <= PIECE_BYTES_MAX, `A piece has at most ${PIECE_BYTES_MAX} bytes.`),
);
const head = v.pipe(
  bytes,
  v.check((input) => input.length <= PREVIEW_BYTES_MAX, `A preview looks at ${PREVIEW_BYTES_MAX} bytes at most.`),
);

export const importFormat = v.picklist(['ndjson', 'records', 'csv', 'lines']);
export type ImportFormat = v.InferOutput<typeof importFormat>;

/**
 * How lines become events. Fields are dotted paths into the value (`shopper.id`), of CSV the names of columns, null for none.
 *
 * ndjson   the line is the value
 * records  the line is a record as recordJson.ts writes it: with key, headers, timestamp and shard of its own. A shard that the stream does
 *          not have is left to the key
 * csv      the first row names the columns, each other row is a value: a JSON object of its cells (csvCells.ts says of which types)
 * lines    the line is the value, whatever it is
 */
export const importRules = v.strictObject({
  format: importFormat,
  keyField: v.nullable(v.pipe(v.string(), v.minLength(1))),
  timeField: v.nullable(v.pipe(v.string(), v.minLength(1))),
});
export type ImportRules = v.InferOutput<typeof importRules>;

const importFile = v.strictObject({ name: v.pipe(v.string(), v.maxLength(1024)), bytes: v.nullable(count) });

export interface RejectedLine {
  /** Number of the line in the file, from 1. */
  line: number;
  reason: string;
  /** The line, cut at REJECTED_LINE_MAX characters or less with … behind it; bytes that are no UTF-8 as \xHH. */
  text: string;
}

export interface PreviewEvent {
  line: number;
  key: string | null;
  /** Milliseconds since 1970, null where the time of the import will stand. */
  timestamp: bigint | null;
  /** Null where the event has none. */
  value: string | null;
  /** The shard that the record names itself; null where its key decides. */
  shard: number | null;
}

/** A field that values of the file have. */
export interface FieldGuess {
  path: string;
  /** A value of it, as text. */
  sample: string;
  /** Share of the previewed events that have it, 0 to 1. */
  share: number;
  looksLikeTime: boolean;
}

export interface ImportPreview {
  /** The format that the bytes look like. */
  format: ImportFormat;
  events: PreviewEvent[];
  rejected: RejectedLine[];
  fields: FieldGuess[];
  /** The line, with its beginning, that the looked-at bytes end in and that is therefore not among the others; absent where it would not be. */
  cut?: { line: number; text: string };
}

export interface ImportReport {
  imported: number;
  rejected: number;
  /** How many of the rejected lines are kept with their text. */
  rejectedKept: number;
  /** Of the imported ones, those that have no key because their lines have not the key field; absent where there are none. */
  keyless?: number;
  /** Blank lines, which are passed over; absent where there are none. Of plain lines they are events. */
  blank?: number;
  /** The import had made its stream, nothing went in, and it is deleted again. */
  streamDeleted?: true;
}

/** What else there is to say of an import besides how many lines went in: sentences, empty where there is nothing. */
export function asideOf(report: ImportReport, rules: Pick<ImportRules, 'keyField'>): string {
  const { blank = 0 } = report;
  const passedOver = blank === 0 ? '' : `${blank.toLocaleString('en')} blank ${blank === 1 ? 'line was' : 'lines were'} passed over.`;
  return [keylessSentence(report, rules), passedOver].filter(Boolean).join(' ');
}

/** That events have no key; empty where they have what was asked for. */
function keylessSentence({ imported, keyless = 0 }: ImportReport, { keyField }: Pick<ImportRules, 'keyField'>): string {
  if (keyless === 0) return '';
  if (keyless >= imported) return `No line has a value in the field “${keyField}”: none of the events has a key.`;
  return `${keyless.toLocaleString('en')} of them ${keyless === 1 ? 'has' : 'have'} no key: the field “${keyField}” is missing or null in ${keyless === 1 ? 'its line' : 'their lines'}.`;
}

export const imports = {
  /** `name`: the file's, by which its format is guessed besides the bytes. `isWhole`: nothing of the file comes behind the head. */
  preview: call(
    v.strictObject({
      head,
      rules: v.nullable(importRules),
      name: v.optional(v.pipe(v.string(), v.maxLength(1024))),
      isWhole: v.optional(v.boolean()),
    }),
    type<ImportPreview>(),
    { errors: ['bad-input'] },
  ),
  /** Begins a job. The stream is made where it does not exist; one with another number of shards than `shards` is an error. */
  start: call(
    v.strictObject({
      stream: streamName,
      shards: v.nullable(shardCount),
      rules: importRules,
      file: importFile,
    }),
    type<{ jobId: string; streamMade: boolean }>(),
    { errors: ['bad-stream-name', 'shard-count-differs', 'shards-missing', 'broker-down', 'too-many'] },
  ),
  /**
   * Goes on with an import that ended before its file did, of this lab or of an earlier one: the same job runs again. `checked` are the
   * bytes of the file that the job's `goOn.check` asks for. The file is then sent from the byte `from` on; nothing goes into the log twice.
   */
  goOn: call(
    v.strictObject({ jobId: v.string(), file: importFile, checked: v.pipe(bytes, v.maxLength(PIECE_BYTES_MAX)) }),
    type<{ from: number }>(),
    {
      errors: ['no-such-job', 'bad-input', 'no-such-stream', 'shard-count-differs', 'shards-missing', 'broker-down', 'too-many'],
      deadlineMs: 120_000,
    },
  ),
  /** The next piece of the file; answered when the events of it are in the log. */
  write: call(v.strictObject({ jobId: v.string(), piece }), type<ImportReport>(), {
    errors: ['no-such-job', 'job-over', 'broker-down', 'disk-full', 'cancelled'],
    deadlineMs: 120_000,
  }),
  /** The file is whole; answered when everything is in the log. */
  finish: call(v.strictObject({ jobId: v.string() }), type<ImportReport>(), { errors: ['no-such-job', 'job-over'], deadlineMs: 120_000 }),
  /** The file can not be read on: the job fails with this sentence and says what was imported. */
  abort: call(v.strictObject({ jobId: v.string(), reason: v.string() }), type<void>(), { errors: ['no-such-job'] }),
  rejected: call(
    v.strictObject({
      jobId: v.string(),
      from: count,
      limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(REJECTED_PAGE_MAX)),
    }),
    type<{ lines: RejectedLine[]; kept: number; total: number }>(),
    { errors: ['no-such-job'] },
  ),
};

/** Of a rejected line what is shown, in a table or a terminal; a file of them has them whole. */
export function shownText(text: string): string {
  return text.length > REJECTED_TEXT_MAX + 1 ? `${text.slice(0, REJECTED_TEXT_MAX)}…` : text;
}
