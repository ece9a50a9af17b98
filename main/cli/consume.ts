/** loglab consume: a range of a stream, printed. */
import { LabError } from '../api/errors.ts';
import type { Gap, RangeFrom, RangeUntil } from '../api/events.ts';
import { recordToJson, type StoredRecord } from '../api/recordJson.ts';
import { formatIsoTime } from '../api/time.ts';
import type { Connection } from './connect.ts';
import type { Output } from './output.ts';

export interface ConsumeOptions {
  from: RangeFrom;
  until: RangeUntil;
  shards?: number[];
  json: boolean;
}

/** Damaged batches that the failure names. */
const GAPS_NAMED_MAX = 10;

/** Ends at the range's end, or when `signal` aborts. Damaged parts are passed over and end it with a failure that names them. */
export async function consume(
  { client }: Connection,
  output: Output,
  stream: string,
  options: ConsumeOptions,
  signal: AbortSignal,
): Promise<void> {
  const { from, until, shards, json } = options;
  const gaps: Gap[] = [];
  if (from.at === 'offset') await sayEnds(client, output, stream, shards, from.offset);
  try {
    for await (const chunk of client.events.read({ stream, from, until, ...(shards ? { shards } : {}) }, { signal })) {
      if (chunk.records.length > 0)
        await output.print(chunk.records.map((record) => (json ? recordToJson(stream, record) : plainRecord(record))).join('\n'));
      gaps.push(...chunk.gaps);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (gaps.length > 0) throw new LabError('batch-damaged', sayGaps(gaps));
}

/** Nothing is printed before the offset is reached: where it lies beyond all ends, that would look like a stream without events. */
async function sayEnds(
  client: Connection['client'],
  output: Output,
  name: string,
  chosen: readonly number[] | undefined,
  offset: bigint,
): Promise<void> {
  const stream = (await client.streams.list({})).find((each) => each.name === name);
  const read = stream?.shards.filter(({ shard }) => !chosen || chosen.includes(shard)) ?? [];
  if (read.length === 0 || read.some(({ endOffset }) => endOffset > offset)) return;
  const ends = read.map(({ shard, endOffset }) => `shard ${shard} at ${endOffset}`).join(', ');
  output.say(`No shard has an offset ${offset} yet; the next event gets: ${ends}.`);
}

/** Names damaged batches; the rest was read. */
export function sayGaps(gaps: Gap[]): string {
  const named = gaps
    .slice(0, GAPS_NAMED_MAX)
    .map(({ shard, firstOffset, lastOffset }) => `shard ${shard}, offsets ${firstOffset} to ${lastOffset}`);
  if (gaps.length > GAPS_NAMED_MAX) named.push(`and ${gaps.length - GAPS_NAMED_MAX} more`);
  return `${gaps.length} damaged record batch${gaps.length === 1 ? ' was' : 'es were'} passed over (${named.join('; ')}); everything else was read.`;
}

/** shard:offset, time, key, value, with tabs between. */
export function plainRecord({ shard, offset, timestamp, key, value }: StoredRecord): string {
  return [`${shard}:${offset}`, formatIsoTime(timestamp) ?? '-', text(key), text(value)].join('\t');
}

/** What is null says so; a text that says so stands in quotation marks. */
function text(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null';
  const said = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  return said === 'null' ? '"null"' : said;
}
