/**
 * Bad events that are sent back where they came from. What was said of one behind its own headers (processors/bad.ts) goes, and a header tells
 * which bad event this was: so one that is bad once more is known as the same, and one that is not has succeeded.
 */
import type { LogRecord } from '../log/index.ts';
import { FROM_HEADER, type Headers, PROCESSOR_HEADER, REASON_HEADER } from '../processors/bad.ts';

/** Of the bad event: `stream/shard/offset`. */
export const REDRIVEN_HEADER = 'loglab.redriven';

export interface Place {
  stream: string;
  shard: number;
  offset: bigint;
}

/** What a bad event says of itself; null where it says nothing: it is none. */
export interface BadEventSaid {
  processor: string;
  /** All of them, as one text. */
  reason: string;
  from: Place;
  /** The bad event that it was before it was sent back; null where it was not. */
  redrives: Place | null;
}

const OWN = new Set([REASON_HEADER, PROCESSOR_HEADER, FROM_HEADER]);

export function badEventOf(headers: Headers): BadEventSaid | null {
  const processor = last(headers, PROCESSOR_HEADER);
  const from = placeIn(last(headers, FROM_HEADER));
  if (processor === null || from === null) return null;
  const reasons = headers.filter(([name]) => name === REASON_HEADER).map(([, text]) => String(text && Buffer.from(text)));
  return { processor, reason: reasons.join('; '), from, redrives: placeIn(last(headers, REDRIVEN_HEADER)) };
}

export function isOfGroup(headers: Headers, group: { processor: string; reason: string; from: string }): boolean {
  const bad = badEventOf(headers);
  return bad !== null && bad.processor === group.processor && bad.reason === group.reason && bad.from.stream === group.from;
}

export function shardCameFrom(headers: Headers): number | null {
  return badEventOf(headers)?.from.shard ?? null;
}

/** The headers that it had before it was bad, and which bad event it was. */
export function redriven(headers: Headers, { stream, shard, offset }: Place): LogRecord['headers'] {
  const own = headers.filter(([name]) => !OWN.has(name) && name !== REDRIVEN_HEADER);
  return [...own, [REDRIVEN_HEADER, Buffer.from(`${stream}/${shard}/${offset}`)]];
}

function last(headers: Headers, name: string): string | null {
  const found = headers.findLast((header) => header[0] === name)?.[1];
  return found ? Buffer.from(found).toString() : null;
}

function placeIn(text: string | null): Place | null {
  const [, stream, shard, offset] = /^([^/]+)\/(\d{1,4})\/(\d{1,19})$/.exec(text ?? '') ?? [];
  return stream === undefined ? null : { stream, shard: Number(shard), offset: BigInt(offset!) };
}
