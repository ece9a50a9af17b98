/** From the value of an event to the time at which it happened. */
import { EVENT_TIME_VALUE_BYTES_MAX } from '../api/eventTimes.ts';
import { fieldReader } from '../connectors/files/fieldPath.ts';
import { timeOf } from '../connectors/files/lineRules.ts';
import { TIMELESS } from './entries.ts';

const OPENING_BRACE = 0x7b;

/** Reads the field of a JSON object, as an import reads its time field: milliseconds since 1970, or TIMELESS. */
export function eventTimeReader(field: string): (value: Uint8Array | null) => number {
  const read = fieldReader(field);
  return (value) => {
    if (!value || value.length > EVENT_TIME_VALUE_BYTES_MAX || !beginsObject(value)) return TIMELESS;
    try {
      const json = Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8');
      const time = timeOf(read(JSON.parse(json)));
      return time === null ? TIMELESS : Number(time);
    } catch {
      return TIMELESS;
    }
  };
}

function beginsObject(value: Uint8Array): boolean {
  let at = 0;
  while (at < value.length && value[at]! <= 0x20) at++;
  return value[at] === OPENING_BRACE;
}
