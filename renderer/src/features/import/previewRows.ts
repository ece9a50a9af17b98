/** What a preview shows: events, rejected lines and the one that is cut, in the order of the file, and where their keys would land. */
import type { ImportPreview, PreviewEvent, RejectedLine } from '../../../../main/api/imports.ts';
import { shardForKey } from '../../../../main/api/murmur2.ts';

export type PreviewRow = { line: number; event: PreviewEvent } | { line: number; rejected: RejectedLine } | { line: number; cut: string };

export function previewRows({ events, rejected, cut }: ImportPreview): PreviewRow[] {
  const rows: PreviewRow[] = [
    ...events.map((event) => ({ line: event.line, event })),
    ...rejected.map((line) => ({ line: line.line, rejected: line })),
    ...(cut ? [{ line: cut.line, cut: cut.text }] : []),
  ];
  return rows.sort((a, b) => a.line - b.line);
}

export interface Spread {
  /** Previewed events per shard. */
  counts: number[];
  /** Events that have neither key nor shard, which the lab places as it goes. */
  keyless: number;
}

const utf8 = new TextEncoder();

export function spreadOf(events: readonly PreviewEvent[], shards: number): Spread {
  const counts = Array.from({ length: shards }, () => 0);
  let keyless = 0;
  for (const { key, shard } of events) {
    if (shard !== null && shard < shards) counts[shard]!++;
    else if (key === null) keyless++;
    else counts[shardForKey(utf8.encode(key), shards)]!++;
  }
  return { counts, keyless };
}
