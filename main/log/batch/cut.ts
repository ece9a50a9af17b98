/**
 * A batch without the records before an offset. What is left says the same as before: offsets, times, keys, values and headers, byte for byte;
 * its numbers count from its own first record, as if nothing else had ever been in the batch. The layout stands in layout.ts and encode.ts.
 */
import { plainRecords } from './compression.ts';
import { malformed } from './decode.ts';
import { Deltas, seal } from './encode.ts';
import { decodeBatchHeader, hasDeleteHorizon, hasLogAppendTime, RECORDS_AT, SEQUENCES } from './layout.ts';
import { Cursor, sizeOfVarint, sizeOfVarlong, VARINT_BYTES_MAX, VARLONG_BYTES_MAX, writeVarint, writeVarlong } from './varint.ts';

/** What a record may grow by, bytes: its time is told from another one. */
const GROWTH_BYTES_MAX = VARLONG_BYTES_MAX + VARINT_BYTES_MAX;
/** Its length, attributes, timestamp delta and offset delta: a record has no fewer bytes. */
const RECORD_BYTES_MIN = 4;

/**
 * Same codec, attributes, producer and epoch; the first sequence moves on by the offsets that are gone. Null where no record is left. Structure
 * is checked, the checksum is not. Throws `batch-invalid`, and `value-too-large` where compressing does not make it small enough again.
 */
export function cutBatch(bytes: Uint8Array, offset: bigint): Buffer | null {
  const header = decodeBatchHeader(bytes);
  const { baseOffset, attributes, baseTimestamp, recordCount } = header;
  const { bytes: plain, at: start } = plainRecords(bytes, attributes);
  if (recordCount * RECORD_BYTES_MIN > plain.length) throw malformed(start, 'it has not as many records as it says');
  const cursor = new Cursor(plain, start, plain.length);
  const rest = Buffer.allocUnsafe(RECORDS_AT + plain.length + recordCount * GROWTH_BYTES_MAX);
  /** The offset, as it is told within the batch. */
  const gone = Number(offset - baseOffset);
  let at = RECORDS_AT;
  let count = 0;
  /** Of the first record that is left. */
  let first = { delta: 0, baseTimestamp };
  let maxTimestamp = header.maxTimestamp;
  let deltas = new Deltas(baseTimestamp);
  for (let left = recordCount; left > 0; left--) {
    const length = cursor.varint();
    const end = cursor.at + length;
    if (length < 1 || end > cursor.end) throw malformed(cursor.at, 'a record reaches beyond the end');
    const recordAttributes = plain[cursor.at++]!;
    const oldTimestampDelta = cursor.varlong();
    const delta = cursor.varint();
    if (cursor.at > end) throw malformed(cursor.at, 'a record is not as long as it says');
    const content = cursor.at;
    cursor.at = end;
    if (delta < gone) continue;
    const timestamp = BigInt.asIntN(64, baseTimestamp + BigInt(oldTimestampDelta));
    if (count === 0) {
      // With this mark it is no record's time.
      first = { delta, baseTimestamp: hasDeleteHorizon(attributes) ? baseTimestamp : timestamp };
      deltas = new Deltas(first.baseTimestamp);
    }
    // Where the log gave the time, it is the same for all.
    if (!hasLogAppendTime(attributes) && (count === 0 || timestamp > maxTimestamp)) maxTimestamp = timestamp;
    const [timestampDelta, offsetDelta] = [deltas.to(timestamp), delta - first.delta];
    at = writeVarint(rest, at, 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta) + end - content);
    rest[at++] = recordAttributes;
    at = writeVarlong(rest, at, timestampDelta);
    at = writeVarint(rest, at, offsetDelta);
    at += plain.copy(rest, at, content, end);
    count++;
  }
  if (count === 0) return null;
  const { producerId, producerEpoch, firstSequence, leaderEpoch } = header;
  return seal(rest.subarray(0, at), {
    ...{ attributes, count, baseTimestamp: first.baseTimestamp, maxTimestamp },
    ...{ baseOffset: baseOffset + BigInt(first.delta), lastOffsetDelta: header.lastOffsetDelta - first.delta, leaderEpoch },
    ...{ producerId, producerEpoch, firstSequence: firstSequence < 0 ? firstSequence : (firstSequence + first.delta) % SEQUENCES },
  });
}
