/**
 * A workspace as one file, `NAME.loglab`: what it holds at one moment, to be kept, sent, and opened elsewhere. main/workspace/file/format.ts
 * says how it is written. Nothing secret is in it: no tokens, no paths, no jobs. The processors are: what came with a file runs when somebody has
 * looked at it and trusts it (api/processors.ts), and not before.
 *
 * The engine knows of no files: whoever has the place to write to, the page or the command line, takes the pieces of an export as they come,
 * and sends those of an import, each answered when what is in it is in the log.
 */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import type { StreamSettings } from './streams.ts';
import { bytes, count, nothing } from './values.ts';

/** How such a file's name ends. */
export const WORKSPACE_FILE_SUFFIX = '.loglab';
/** Bytes from the head of a file that a preview looks at: its list of streams fits into them. */
export const WORKSPACE_HEAD_BYTES_MAX = 2 * 1024 * 1024;
/** Largest piece of a file in one call, bytes. */
export const WORKSPACE_PIECE_BYTES_MAX = 1024 * 1024;
/** Parts left out that are named one by one; of more the number is told. */
export const LEFT_OUT_NAMED_MAX = 1_000;
/** Pieces of an export that are on their way at once; one has about 1 MiB, and a record batch that is larger makes a larger one. */
export const EXPORT_PIECES_UNDER_WAY_MAX = 4;

/** What is not in a file although it was in the workspace: damaged, or gone by the time that its turn came. */
export interface LeftOut {
  /** For what belongs to a processor, its stream of state. */
  stream: string;
  /** Null for the whole stream. */
  shard: number | null;
  /** Null where it is not known, or the whole stream. */
  firstOffset: bigint | null;
  lastOffset: bigint | null;
  /** A sentence. */
  reason: string;
}

/** What is in a file. */
export interface WorkspaceFileReport {
  streams: number;
  processors: number;
  shards: number;
  batches: number;
  events: number;
  /** Of the batches. */
  bytes: number;
  /** The first LEFT_OUT_NAMED_MAX. */
  leftOut: LeftOut[];
  leftOutCount: number;
}

/** An export tells its job first, then comes the file, piece after piece, and at its end what is in it. */
export type ExportItem =
  { kind: 'begun'; jobId: string } | { kind: 'piece'; piece: Uint8Array } | { kind: 'done'; report: WorkspaceFileReport };

export interface PreviewedStream {
  name: string;
  shards: number;
  events: number;
  bytes: number;
  settings: StreamSettings;
  /** Why it can not be made here under this name, a sentence; null where it can. */
  problem: string | null;
  /** A name that is free here: its own where that is. */
  freeName: string;
}

export interface PreviewedProcessor {
  name: string;
  /** 0 for one that is a file only. */
  versions: number;
  /** Of its current version, by the names in the file. */
  inputs: string[];
  outputs: string[];
  /** As for a stream. */
  problem: string | null;
  freeName: string;
}

export interface WorkspacePreview {
  /** The version of the lab that wrote it. */
  lab: string;
  /** Milliseconds since 1970. */
  madeAt: number;
  streams: PreviewedStream[];
  processors: PreviewedProcessor[];
}

const piece = v.pipe(
  bytes,
  v.check((input) => input.length <= WORKSPACE_PIECE_BYTES_MAX, `A piece has at most ${WORKSPACE_PIECE_BYTES_MAX} bytes.`),
);
const head = v.pipe(
  bytes,
  v.check((input) => input.length <= WORKSPACE_HEAD_BYTES_MAX, `A preview looks at ${WORKSPACE_HEAD_BYTES_MAX} bytes at most.`),
);
const jobId = v.string();
const unreadable = ['not-a-log', 'format-too-new', 'file-unreadable'] as const;

export const workspace = {
  /**
   * Everything up to where the shards end as it begins; producers go on meanwhile, and what they append is not in it. It is a job: it can be
   * cancelled, and ends where its reader leaves.
   */
  export: stream(nothing, type<ExportItem>(), { errors: ['broker-down', 'too-many', 'cancelled'], credit: EXPORT_PIECES_UNDER_WAY_MAX }),
  /** What the head of a file says. Throws `not-a-log` for one that is no workspace's, `format-too-new`, `file-unreadable`. */
  preview: call(v.strictObject({ head }), type<WorkspacePreview>(), { errors: unreadable }),
  /** Begins a job. All streams and processors of the file become new ones; they are there when all is in, and none of them where it fails. */
  startImport: call(
    v.strictObject({
      file: v.strictObject({ name: v.pipe(v.string(), v.maxLength(1024)), bytes: v.nullable(count) }),
      /** Other names of streams than those in the file, by these. A processor reads and writes its streams by whatever names they get. */
      names: v.record(v.string(), v.string()),
      /** The same for processors. */
      processorNames: v.record(v.string(), v.string()),
      /** The settings of the workspace are taken over too: it is a new one. */
      withSettings: v.boolean(),
    }),
    type<{ jobId: string }>(),
    { errors: ['too-many'] },
  ),
  /** The next piece of the file; answered when what is in it is in the log. */
  write: call(v.strictObject({ jobId, piece }), type<void>(), {
    errors: [...unreadable, 'no-such-job', 'job-over', 'stream-exists', 'processor-exists', 'broker-down', 'disk-full'],
    deadlineMs: 120_000,
  }),
  /** The file is whole; answered when the streams and processors are there. */
  finish: call(v.strictObject({ jobId }), type<WorkspaceFileReport>(), {
    errors: ['no-such-job', 'job-over', 'file-unreadable', 'processor-exists'],
    deadlineMs: 120_000,
  }),
  /** The file can not be read on: the job fails with this sentence, and nothing of it stays. */
  abort: call(v.strictObject({ jobId, reason: v.string() }), type<void>(), { errors: ['no-such-job'] }),
};

/** "nile-shop-2026-11-23.loglab" */
export function workspaceFileName(name: string, now: number): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .toLowerCase();
  return `${plain || 'workspace'}-${new Date(now).toISOString().slice(0, 10)}${WORKSPACE_FILE_SUFFIX}`;
}
