/**
 * The journal of a column: what it has done at each position, a scratch SQLite file that its process writes as it runs ahead. Whatever is asked
 * of a column is answered from it, without running any code.
 *
 *   about    key, value   `declaration`: the Declaration, as JSON
 *   chunk    first        position of the first of its positions
 *            count        positions
 *            totals       JSON: {@link Totals} before it
 *            emitted      a bit for each position: it has an emission; failed: a bad event or a failed window
 *            steps        zstd of JSON: {@link ChunkSteps}
 *            emissions    zstd of JSON: {@link ChunkEmissions}
 *            afters       zstd of JSON: what each of its changes sets, JSON or null
 *   run      number       from 1; changes of stores sorted by key (changes.ts)
 *            up_to        the last position that is in it; what lies behind that of the last run is in the chunks alone
 *            block_index  JSON: ChangeColumns of the first change of each block
 *   block    run, number  from 0
 *            changes      JSON: ChangeBlock
 */
import type { SoFar } from '../../../api/rehearsalPositions.ts';
import type { Failure } from '../../realm/outcome.ts';

export const SCHEMA = `
  CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT);
  CREATE TABLE chunk (first INTEGER PRIMARY KEY, count INTEGER, totals TEXT, emitted BLOB, failed BLOB, steps BLOB, emissions BLOB, afters BLOB);
  CREATE TABLE run (number INTEGER PRIMARY KEY, up_to INTEGER, block_index TEXT);
  CREATE TABLE block (run INTEGER, number INTEGER, changes TEXT, PRIMARY KEY (run, number)) WITHOUT ROWID;
`;

export interface Totals extends SoFar {
  /** Of each store the number of its entries, in all shards. */
  sizes: number[];
  nextWindow: number | null;
}

export const EVENT = 0;
export const WINDOW = 1;
export const PUNCTUATION = 2;
export const KINDS = ['event', 'window', 'punctuation'] as const;

/** Arrays of the same length belong together: those of positions, those of steps, those of changes. What is rare is a list of [step, what]. */
export interface ChunkSteps {
  /** Steps up to and with each position; windows and punctuations that did nothing at it, of those; when the next window is due. */
  ends: number[];
  quietWindows: number[];
  quietPunctuations: number[];
  nextWindows: (number | null)[];
  /** By store, then by position: entries after it. */
  sizes: number[][];

  kinds: number[];
  shards: number[];
  nows: number[];
  streamTimes: (number | null)[];
  /** The line of the file that ran last; 0 where none did. */
  lines: number[];
  emitted: number[];
  changed: number[];
  dues: [step: number, due: number][];
  reasons: [step: number, reasons: string[]][];
  failures: [step: number, failure: Failure][];
  logs: [step: number, lines: string[]][];
  /** In a column that follows another one. */
  events: [step: number, stream: string, offset: string][];

  changedStores: number[];
  changedShards: number[];
  changedKeys: string[];
}

export interface ChunkEmissions {
  outputs: string[];
  shards: number[];
  timestamps: (number | null)[];
  keys: (string | null)[];
  texts: (string | null)[];
  /** JSON, as the realm writes it. */
  headers: (string | null)[];
}

export function emptySteps(stores: number): ChunkSteps {
  return {
    ...{ ends: [], quietWindows: [], quietPunctuations: [], nextWindows: [], sizes: Array.from({ length: stores }, () => []) },
    ...{ kinds: [], shards: [], nows: [], streamTimes: [], lines: [], emitted: [], changed: [] },
    ...{ dues: [], reasons: [], failures: [], logs: [], events: [] },
    ...{ changedStores: [], changedShards: [], changedKeys: [] },
  };
}

export function emptyEmissions(): ChunkEmissions {
  return { outputs: [], shards: [], timestamps: [], keys: [], texts: [], headers: [] };
}

export function emptyTotals(stores: number): Totals {
  return {
    ...{ in: 0, bad: 0, out: {}, windows: 0, punctuations: 0, failures: 0, lines: 0 },
    sizes: Array.from({ length: stores }, () => 0),
    nextWindow: null,
  };
}

/** A null in JSON, a NaN elsewhere. */
export const orNull = (number: number): number | null => (number === number ? number : null);

/** A chunk as it is read. */
export interface ReadChunk {
  first: number;
  count: number;
  totals: Totals;
  steps: ChunkSteps;
  emissions: ChunkEmissions;
  /** What each change sets. */
  afters: (string | null)[];
  /** Of each step the emissions and the changes before it. */
  emittedBefore: number[];
  changedBefore: number[];
}
