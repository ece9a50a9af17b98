/** loglab produce: lines from stdin become events, as they come. */
import { isUtf8 } from 'node:buffer';
import { LabError, toLabError } from '../api/errors.ts';
import type { ShardAppend } from '../api/produce.ts';
import { recordFromJson, recordLineBytesMax } from '../api/recordJson.ts';
import { VALUE_BYTES_MAX_CEILING, type NewRecord } from '../api/values.ts';
import { LineSplitter, type Line } from '../connectors/files/lines.ts';
import type { Connection } from './connect.ts';
import { type Output, toJson } from './output.ts';

/** Events in one append. */
const PART_EVENTS_MAX = 1_000;
/** Bytes of lines in one append. */
const PART_BYTES_MAX = 2 * 1024 * 1024;

export interface ProduceOptions {
  key?: string;
  format: 'lines' | 'records';
  json: boolean;
}

export async function produce(
  { client }: Connection,
  output: Output,
  stream: string,
  options: ProduceOptions,
  input: AsyncIterable<Uint8Array>,
): Promise<void> {
  const found = (await client.streams.list({})).find((each) => each.name === stream);
  if (!found) throw new LabError('no-such-stream', `There is no stream “${stream}”. Make it: loglab streams create ${stream} --shards 3`);
  if (found.problem !== null) throw new LabError('shards-missing', found.problem);
  const { valueBytesMax } = await client.lab.settings({});
  const toRecord = recordReader(options, found.shards.length, valueBytesMax);
  const splitter = new LineSplitter(recordLineBytesMax(VALUE_BYTES_MAX_CEILING));
  const shards = new Map<number, ShardAppend>();
  let events = 0;

  const append = async (records: NewRecord[]): Promise<void> => {
    if (records.length === 0) return;
    const appended = await client.produce.append({ stream, records }).catch((error: unknown) => {
      const { code, message, retriable } = toLabError(error);
      throw new LabError(code, `${message} The ${events} events before were appended.`, { retriable, cause: error });
    });
    events += appended.events;
    for (const shard of appended.shards) {
      const known = shards.get(shard.shard);
      shards.set(shard.shard, known ? { ...known, lastOffset: shard.lastOffset, events: known.events + shard.events } : shard);
    }
  };
  /** A line that is wrong ends the command; what stood before it is appended and said. */
  const appendAll = async (lines: Iterable<Line>): Promise<void> => {
    let part: NewRecord[] = [];
    let bytes = 0;
    for (const line of lines) {
      // Between records nothing is meant by a blank line; as a value it is an event.
      if (options.format === 'records' && isBlank(line)) continue;
      try {
        part.push(toRecord(line));
      } catch (error) {
        await append(part);
        const { code, message } = toLabError(error);
        throw new LabError(code, `Line ${line.number}: ${message} The ${events} events before it were appended.`, { cause: error });
      }
      bytes += line.bytes.length;
      if (part.length >= PART_EVENTS_MAX || bytes >= PART_BYTES_MAX) {
        await append(part);
        part = [];
        bytes = 0;
      }
    }
    await append(part);
  };

  for await (const piece of input) await appendAll(splitter.push(piece));
  await appendAll(splitter.finish());
  const places = [...shards.values()].sort((a, b) => a.shard - b.shard);
  if (options.json) return output.print(toJson({ stream, events, shards: places }));
  await output.print(
    `${events} event${events === 1 ? '' : 's'} appended to ${stream}${places.map(({ shard, firstOffset, lastOffset }) => `\n  shard ${shard}: offsets ${firstOffset} to ${lastOffset}`).join('')}`,
  );
}

const isBlank = ({ bytes }: Line): boolean => bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);

function recordReader({ key, format }: ProduceOptions, shards: number, valueBytesMax: number): (line: Line) => NewRecord {
  const fixedKey = key === undefined ? null : Buffer.from(key);
  /** The engine says so too, but of a whole part, not of a line. */
  const fitting = (value: Uint8Array | null): Uint8Array | null => {
    if (value === null || value.length <= valueBytesMax) return value;
    const [has, most] = [value.length.toLocaleString('en'), valueBytesMax.toLocaleString('en')];
    throw new LabError(
      'value-too-large',
      `Its value has ${has} bytes; this workspace takes at most ${most} (“Largest value”, under Settings in the lab’s page).`,
    );
  };
  return ({ bytes, isCut }) => {
    if (isCut) throw new LabError('value-too-large', 'This line is longer than any event can be.');
    if (format === 'lines') return { key: fixedKey, value: fitting(bytes), headers: [], timestamp: null, shard: null };
    const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (!isUtf8(line)) throw new LabError('bad-input', 'This line is not valid UTF-8; other bytes are written as {"base64": "…"}.');
    const record = recordFromJson(line.toString('utf8'));
    return {
      ...record,
      value: fitting(record.value),
      key: fixedKey ?? record.key,
      // A shard that this stream does not have is left to the key.
      shard: record.shard !== null && record.shard < shards ? record.shard : null,
    };
  };
}
