/** How many events of a shard a processor has not read. */
import type { ShardState } from '../log/index.ts';

type Held = Pick<ShardState, 'startOffset' | 'nextOffset' | 'recordsTotal' | 'recordsTrimmed'>;

/** `row`: how many events were ever appended before the position; null until one was read. Null where it is not known. */
export function lagOf(
  { startOffset, nextOffset, recordsTotal, recordsTrimmed }: Held,
  position: bigint,
  row: bigint | null,
): number | null {
  if (nextOffset <= position) return 0;
  // Who has read nothing yet and stands where the shard begins has all of it before him.
  const before = row ?? (position <= startOffset ? recordsTrimmed : null);
  return before === null ? null : Math.max(0, Number(recordsTotal - before));
}
