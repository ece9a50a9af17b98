/** loglab consume: a range of a stream, printed. */
import { LabError } from '../api/errors.ts';
import type { RangeFrom, RangeUntil, ReadRecord } from '../api/events.ts';
import { recordToJson } from '../api/recordJson.ts';
import { formatIsoTime } from '../api/time.ts';
import type { Connection } from './connect.ts';
import type { Output } from './output.ts';

export interface ConsumeOptions {
  from: RangeFrom;
  until: RangeUntil;
  shards?: number[];
  json: boolean;
}

/** Ends at the range's end, or when `signal` aborts. Damaged parts are passed over, told on stderr, and end it with a failure. */
export async function consume({ client }: Connection, output: Output, stream: string, options: ConsumeOptions, signal: AbortSignal): Promise<void> {
  const { from, until, shards, json } = options;
  let gaps = 0;
  try {
    for await (const chunk of client.events.read({ stream, from, until, ...(shards ? { shards } : {}) }, { signal })) {
      if (chunk.records.length > 0) await output.print(chunk.records.map((record) => (json ? recordToJson(stream, record) : plain(record))).join('\n'));
      for (const gap of chunk.gaps) output.say(gap.reason);
      gaps += chunk.gaps.length;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (gaps > 0) throw new LabError('batch-damaged', `${gaps} damaged record batch${gaps === 1 ? ' was' : 'es were'} passed over; everything else was read.`);
}

/** shard:offset, time, key, value, with tabs between. */
function plain({ shard, offset, timestamp, key, value }: ReadRecord): string {
  return [`${shard}:${offset}`, formatIsoTime(timestamp) ?? '-', text(key), text(value)].join('\t');
}

function text(bytes: Uint8Array | null): string {
  return bytes === null ? 'null' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
