/** Lines that are records as JSON (api/recordJson.ts), to records. */
import { LabError } from '../../api/errors.ts';
import { recordFromJson } from '../../api/recordJson.ts';
import { HEADERS_MAX, type NewRecord } from '../../api/values.ts';
import { checkSizes } from '../../produce/append.ts';

/** `shards`: how many the stream has, null where it is not known yet. A shard beyond them is left to the key. */
export function readRecordLine(text: string, valueBytesMax: number, shards: number | null): { record: NewRecord } | { reason: string } {
  try {
    const record = recordFromJson(text);
    if (record.headers.length > HEADERS_MAX)
      return { reason: `this event has ${record.headers.length} headers; an event has at most ${HEADERS_MAX}` };
    checkSizes(record, valueBytesMax);
    if (record.shard !== null && shards !== null && record.shard >= shards) record.shard = null;
    return { record };
  } catch (error) {
    if (error instanceof LabError) return { reason: reasonOf(error) };
    throw error;
  }
}

/** As the other reasons of a report read: no sentence of its own, and "line 1" of the JSON is not taken for the file's. */
function reasonOf({ message }: LabError): string {
  const text = message.replace(/( \(line \d+ column \d+\))?\.$/, '').replace('This line is not JSON', 'not JSON');
  return text.charAt(0).toLowerCase() + text.slice(1);
}
