/**
 * Positions: how far a reader (a processor, later a consumer group) has come in each shard. Each is an event of the internal stream
 * POSITIONS_STREAM, of which every broker has one shard; the newest of a reader and shard counts. What is there now is a table beside the
 * batches (store/positionTable.ts), written in the transaction of the append and made from the batches again where it is missing.
 *
 * Key: `["reader","stream",shard]`. Value: `{"offset":"12","of":"…"}`, null where the position is forgotten.
 */
import type { LogRecord, NewRecord } from './batch/layout.ts';

export const POSITIONS_STREAM = '__positions';

/** The streams that hold the states of processors are called this and the name of the processor. */
export const STATE_STREAM_PREFIX = '__processor.';

export interface PositionKey {
  reader: string;
  stream: string;
  shard: number;
}

export interface ReaderPosition extends PositionKey {
  /** The next one that is read. */
  offset: bigint;
  /** What else the position is valid with, told back as it was given: of a processor, the stream that holds its state. */
  of: string;
}

/** `position` null: it is forgotten. */
export function positionRecord({ reader, stream, shard }: PositionKey, position: ReaderPosition | null, timestamp: bigint): NewRecord {
  const value = position && JSON.stringify({ offset: String(position.offset), of: position.of });
  return {
    key: Buffer.from(JSON.stringify([reader, stream, shard])),
    value: value === null ? null : Buffer.from(value),
    headers: [],
    timestamp,
  };
}

/** Null for a record that is no position. */
export function positionOf({ key, value }: LogRecord): { key: PositionKey; position: ReaderPosition | null } | null {
  try {
    const [reader, stream, shard] = JSON.parse(String(key)) as unknown[];
    if (typeof reader !== 'string' || typeof stream !== 'string' || !Number.isInteger(shard)) return null;
    const named: PositionKey = { reader, stream, shard: shard as number };
    if (value === null) return { key: named, position: null };
    const { offset, of } = JSON.parse(Buffer.from(value).toString()) as { offset: string; of: string };
    return { key: named, position: { ...named, offset: BigInt(offset), of: String(of) } };
  } catch {
    return null;
  }
}
