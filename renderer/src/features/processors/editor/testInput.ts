/** Events for a test, as they are typed or pasted: a record as JSON a line (api/recordJson.ts), or just its value. */
import { LabError, toLabError } from '../../../../../main/api/errors.ts';
import type { EventDetail, ReadRecord } from '../../../../../main/api/events.ts';
import { type TestRecord, TEST_EVENTS_MAX } from '../../../../../main/api/processors.ts';
import { recordFromJson } from '../../../../../main/api/recordJson.ts';
import { bytesToJson } from '../../../../../main/api/recordJson.ts';
import { formatIsoTime, NO_TIMESTAMP } from '../../../../../main/api/time.ts';

/** What a line without a timestamp has, so that two runs are alike. */
const NO_TIME_SAID = NO_TIMESTAMP;

/** Throws `bad-input` that names the line. `inputs`: of the processor; where there is one, all events are its. */
export function recordsOf(text: string, inputs: readonly string[]): TestRecord[] {
  const records: TestRecord[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      records.push(recordOf(line, inputs));
    } catch (thrown) {
      throw new LabError('bad-input', `Line ${at + 1}: ${toLabError(thrown).message}`, { cause: thrown });
    }
  }
  if (records.length > TEST_EVENTS_MAX) {
    throw new LabError(
      'bad-input',
      `A test has at most ${TEST_EVENTS_MAX.toLocaleString('en')} events; these are ${records.length.toLocaleString('en')}.`,
    );
  }
  return records;
}

function recordOf(line: string, inputs: readonly string[]): TestRecord {
  const parsed = parsedOf(line);
  const { key, value, headers, timestamp, shard } = recordFromJson(isRecord(parsed) ? line : JSON.stringify({ value: line }));
  return {
    stream: streamOf(parsed, inputs),
    shard: shard ?? 0,
    timestamp: timestamp ?? NO_TIME_SAID,
    key,
    value,
    headers: headers.map(([name, content]): [string, Uint8Array | null] => [name, content]),
  };
}

function parsedOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** With a “value” it is taken as a record; anything else is a value. */
function isRecord(parsed: unknown): parsed is { stream?: unknown } {
  return typeof parsed === 'object' && parsed !== null && 'value' in parsed;
}

function streamOf(parsed: unknown, inputs: readonly string[]): string {
  if (inputs.length === 1) return inputs[0]!;
  const stream = isRecord(parsed) ? parsed.stream : undefined;
  if (typeof stream === 'string') return stream;
  throw new LabError('bad-input', `It does not say its “stream”; the processor reads ${inputs.join(', ')}.`);
}

/** A line for an event of a stream. */
export function lineOf(stream: string, { shard, timestamp, key, value, headers }: ReadRecord | EventDetail): string {
  return JSON.stringify({
    stream,
    shard,
    timestamp: timestamp === NO_TIMESTAMP ? null : formatIsoTime(timestamp),
    key: bytesToJson(key),
    value: bytesToJson(value),
    ...(headers.length === 0 ? {} : { headers: headers.map(([name, content]) => [name, bytesToJson(content)]) }),
  });
}
