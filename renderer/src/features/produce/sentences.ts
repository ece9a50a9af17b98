/** What an append did, in sentences. */
import type { Appended, ShardAppend } from '../../../../main/api/produce.ts';
import { formatCount } from '../../ui/format.ts';

export function appendedSentence({ shard, firstOffset, lastOffset, events }: ShardAppend): string {
  if (events === 1) return `Appended at shard ${shard}, offset ${formatCount(firstOffset)}`;
  // Between the first and the last, others may have appended too.
  const whole = lastOffset - firstOffset + 1n === BigInt(events);
  return `Appended ${formatCount(events)} events at shard ${shard}, ${whole ? `offsets ${formatCount(firstOffset)} to ${formatCount(lastOffset)}` : `between offsets ${formatCount(firstOffset)} and ${formatCount(lastOffset)}`}`;
}

/** The same for a reader that wants it at once: one announcement for all shards. */
export function appendedSummary(stream: string, { events, shards }: Appended): string {
  const [only] = shards;
  if (shards.length === 1 && only) return `${appendedSentence(only)} of ${stream}.`;
  return `Appended ${formatCount(events)} events to ${stream}, over ${shards.length} shards.`;
}
