/** Why an event is where it is, in words. */
import type { EventDetail } from '../../../../main/api/events.ts';
import { formatDuration, NO_TIME } from '../../ui/format.ts';
import { hexOf } from './hexLines.ts';
import { textOf } from './recordText.ts';

/** Characters of a key that the formula shows. */
const KEY_SHOWN_MAX = 32;
/** From here on an event is called late: more than the ways of several producers to the log differ, milliseconds. */
const LATE_MIN_MS = 10_000;
/** What was appended longer after its time than this was not on its way for so long: it was imported, or written by hand. Milliseconds. */
const ON_ITS_WAY_MAX_MS = 86_400_000;

/** `murmur2("789") % 3 = 1`, or null where there was no key to go by. */
export function keyFormula({ key, placement, shard }: Pick<EventDetail, 'key' | 'placement' | 'shard'>): string | null {
  if (placement.by !== 'key' || key === null) return null;
  const text = textOf(key);
  const cut = text === null ? hexOf(key.subarray(0, KEY_SHOWN_MAX / 2)) : text.slice(0, KEY_SHOWN_MAX);
  const more = (text ?? '').length > KEY_SHOWN_MAX || (text === null && key.length > KEY_SHOWN_MAX / 2) ? '…' : '';
  const said = text === null ? `0x ${cut}${more}` : `${JSON.stringify(cut + more)}`;
  return `murmur2(${said}) % ${placement.shards} = ${placement.agrees ? shard : placement.keyShard}`;
}

export function placementSentence(
  { placement, shard, key }: Pick<EventDetail, 'placement' | 'shard' | 'key'>,
  shards: number | null,
): string {
  if (placement.by === 'producer')
    return key === null ? 'It has no key, so its producer chose the shard.' : 'Its producer chose the shard.';
  if (placement.shards === 1) return 'The stream has one shard.';
  if (placement.agrees) return 'The key decides: equal keys share a shard and keep their order.';
  const before = shards !== null && shards !== placement.shards ? '' : ', or the stream had fewer shards then';
  return `The key would choose shard ${placement.keyShard}; it is in ${shard}. Its producer chose itself${before}.`;
}

/**
 * "41 s" where one that happened so much later stands before it in the stream; null where it is in time, or carries no time. When it was
 * appended says nothing: history is imported long after it happened, in its order.
 */
export function lateBy({ timestamp, newestBefore }: Pick<EventDetail, 'timestamp' | 'newestBefore'>): string | null {
  if (timestamp === NO_TIME || newestBefore === null) return null;
  const ms = Number(newestBefore - timestamp);
  return ms >= LATE_MIN_MS ? formatDuration(ms) : null;
}

/** "0.2 s later", "at once"; null where the event carries no time, or one that tells nothing about its way to the log. */
export function onItsWay({ timestamp, appendedAt }: Pick<EventDetail, 'timestamp' | 'appendedAt'>): string | null {
  const ms = appendedAt - Number(timestamp);
  if (timestamp === NO_TIME || Math.abs(ms) > ON_ITS_WAY_MAX_MS) return null;
  if (ms === 0) return 'at once';
  return ms > 0 ? `${formatDuration(ms)} later` : `${formatDuration(-ms)} before its time`;
}
